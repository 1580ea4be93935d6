package io.virtuoso.host.vm;

import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A process in a virtual machine rings the host stack: whatever it writes is a ring. VM thread only. */
final class HostBell implements VsockHandler {
    private static final int CHUNK = 4096;
    private static final MemorySegment IGNORED = Arena.global().allocate(CHUNK);

    private final MachineProcess process;
    private final VsockConnection connection;

    HostBell(final MachineProcess process, final VsockConnection connection) {
        this.process = process;
        this.connection = connection;
        process.add(connection);
    }

    @Override
    public void onReadable() {
        while (connection.readable() > 0) {
            connection.read(IGNORED, 0, CHUNK);
        }
        process.ringHost();
    }

    @Override
    public void onWritable() {
        // Nothing is ever written.
    }

    @Override
    public void onEnd() {
        process.remove(connection);
        connection.close();
    }

    @Override
    public void onGone() {
        process.remove(connection);
    }
}
