package io.virtuoso.host.vm;

import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ivshmem.DoorbellDevice;
import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import io.virtuoso.protocol.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Rings of the host stack for one context of a process in a virtual machine, from a pipe to a connection, or to a vector of
 * an ivshmem device; by the other vector of that number the process rings. VM thread only.
 */
final class ContextBell implements VsockHandler, MachineProcess.Asker, Watcher.Handler, DoorbellConnection.Listener {
    private static final int NONE = -1;
    private static final int CHUNK = 4096;
    private static final MemorySegment RINGS = Arena.global().allocate(CHUNK);

    private final AttachPort port;
    private final MachineProcess process;
    private final VsockConnection connection;
    private Watcher.Watch watch;
    private int pipe = NONE;
    /** The ivshmem device, if a vector is rung. */
    private Optional<DoorbellConnection> device = Optional.empty();

    private int vector;
    private boolean ended;

    ContextBell(final AttachPort port, final MachineProcess process, final VsockConnection connection) {
        this.port = port;
        this.process = process;
        this.connection = connection;
    }

    /** Asks for the context that the port's message names; in the upper half of its value a vector may be named. */
    void open() {
        final int named = port.message().generation();
        if (named > 0 && named <= DoorbellDevice.VECTORS) {
            device = process.doorbells();
            vector = named - 1;
            device.ifPresent(doorbells -> port.message().value(port.message().slot()));
        }
        process.add(connection);
        process.ask(NONE, this);
    }

    @Override
    public void answered() {
        if (port.passing().fdCount() == 1) {
            pipe = port.passing().takeFd(0);
        }
        if (ended) {
            Libc.close(pipe);
            return;
        }
        port.write(connection);
        if (pipe != NONE) {
            device.ifPresent(doorbells -> doorbells.listen(vector, this));
        }
        if (pipe == NONE) {
            connection.close();
        } else {
            watch = port.machine().watcher().add(pipe, Linux.EPOLLIN, this);
        }
    }

    @Override
    public void unanswered() {
        connection.reset();
    }

    /** One byte says it all; without room there are bytes that the process has not seen, which say it, too. */
    @Override
    public void ready(final int events) {
        final int read = Libc.read(pipe, RINGS.address(), CHUNK);
        if (read > 0) {
            ring();
        } else if (read != -Errno.EAGAIN) {
            end();
        }
        port.machine().wake();
    }

    private void ring() {
        device.ifPresentOrElse(
                doorbells -> doorbells.ring(vector),
                () -> connection.write(RINGS, 0, Math.min(1, connection.writable())));
    }

    /** The process rings. */
    @Override
    public void rung() {
        process.ringHost();
    }

    /** The process cannot be woken any more. */
    @Override
    public void lost() {
        process.lost();
    }

    @Override
    public void failed() {
        end();
    }

    @Override
    public void onReadable() {
        connection.reset();
    }

    @Override
    public void onWritable() {
        // What was not written need not be.
    }

    @Override
    public void onEnd() {
        end();
    }

    @Override
    public void onGone() {
        end();
    }

    private void end() {
        if (!ended) {
            ended = true;
            port.machine().watcher().remove(watch);
            device.ifPresent(doorbells -> doorbells.ignore(vector, this));
            Libc.close(pipe);
            process.remove(connection);
            connection.close();
        }
    }
}
