package io.virtuoso.host.vm;

import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Sends back what it reads, as fast as the machine takes it. VM thread only. */
final class EchoHandler implements VsockHandler {
    private static final int CHUNK = 4096;
    private static final MemorySegment BUFFER = Arena.global().allocate(CHUNK);

    private final VsockConnection connection;

    EchoHandler(final VsockConnection connection) {
        this.connection = connection;
    }

    private void echo() {
        int length = Math.min(connection.readable(), connection.writable());
        while (length > 0 && connection.readable() > 0) { // which ends with the connection, if a write does that
            final int read = connection.read(BUFFER, 0, Math.min(length, CHUNK));
            connection.write(BUFFER, 0, read);
            length -= read;
        }
        if (connection.readable() > 0) {
            connection.tellWhenWritable();
        } else if (connection.isEnded()) {
            connection.close();
        }
    }

    @Override
    public void onReadable() {
        echo();
    }

    @Override
    public void onWritable() {
        echo();
    }

    @Override
    public void onEnd() {
        echo();
    }

    @Override
    public void onGone() {
        // Nothing is held.
    }
}
