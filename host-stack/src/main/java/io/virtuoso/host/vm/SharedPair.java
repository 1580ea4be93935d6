package io.virtuoso.host.vm;

import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;

/**
 * A connection that stands for a socket of processes in a virtual machine, as a socket pair does elsewhere: the machine's
 * kernel counts its copies and ends it with the last. It outlives the process that made it. VM thread only.
 */
final class SharedPair implements VsockHandler, MachineProcess.Asker, Watcher.Handler {
    private static final int NONE = -1;

    private final AttachPort port;
    private final MachineProcess process;
    private final VsockConnection connection;
    private Watcher.Watch watch;
    private int socket = NONE;
    private boolean ended;

    SharedPair(final AttachPort port, final MachineProcess process, final VsockConnection connection) {
        this.port = port;
        this.process = process;
        this.connection = connection;
    }

    /** Shares the socket that the port's message names. */
    void open() {
        final long pair = UnixSocket.pair(Linux.SOCK_SEQPACKET);
        if (pair < 0) {
            connection.reset();
            return;
        }
        socket = Libc.first(pair);
        process.ask(Libc.second(pair), this);
    }

    @Override
    public void answered() {
        if (ended) {
            return;
        }
        final boolean refused = port.message().error() != 0;
        port.write(connection);
        if (refused) {
            end();
        } else {
            watch = port.machine().watcher().add(socket, Linux.EPOLLIN, this);
        }
    }

    @Override
    public void unanswered() {
        connection.reset();
    }

    /** The control thread's answer to a holder. */
    @Override
    public void ready(final int events) {
        final FdPassing passing = port.passing();
        final int received = passing.receive(socket);
        passing.closeFds();
        if (received == AttachMessage.BYTES) {
            port.write(connection);
        } else if (received != -Errno.EAGAIN) {
            end();
        }
        port.machine().wake();
    }

    @Override
    public void failed() {
        end();
    }

    /** A holder's question; another program after exec may have written anything. */
    @Override
    public void onReadable() {
        while (!ended && port.read(connection)) {
            if (watch == null || port.passing().send(socket) < 0) {
                connection.reset();
            }
        }
    }

    @Override
    public void onWritable() {
        // Nobody waits for room.
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
            Libc.close(socket);
            connection.close();
        }
    }
}
