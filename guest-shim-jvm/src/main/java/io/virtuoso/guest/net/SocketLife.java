package io.virtuoso.guest.net;

import io.virtuoso.guest.core.Errnos;
import io.virtuoso.guest.core.Gate;
import io.virtuoso.protocol.Errno;
import java.net.SocketException;

/**
 * How far a socket is, and who is inside it. Whoever reads, writes, accepts or connects goes in and out.
 */
final class SocketLife {
    private enum Progress {
        NEW,
        UNCONNECTED,
        CONNECTING,
        CONNECTED
    }

    private final Gate gate = new Gate();
    private volatile Progress progress = Progress.NEW;

    // ---- in and out --------------------------------------------------------------------------

    /** Comes in. */
    void enter() throws SocketException {
        if (!gate.enter()) {
            throw new SocketException("Socket closed");
        }
    }

    /** Goes out. @return true: the caller is the last one of a closed socket and must release it */
    boolean leave() {
        return gate.leave();
    }

    /** Closes, once. @return true: nobody is inside, the caller must release the socket */
    boolean close() {
        return gate.close();
    }

    boolean isOpen() {
        return gate.isOpen();
    }

    // ---- progress ----------------------------------------------------------------------------

    boolean isNew() {
        return progress == Progress.NEW && isOpen();
    }

    void checkCreated() throws SocketException {
        checkOpen();
        if (progress == Progress.NEW) {
            throw new SocketException("Socket not created");
        }
    }

    void checkConnected() throws SocketException {
        checkOpen();
        if (progress != Progress.CONNECTED) {
            throw new SocketException("Not connected");
        }
    }

    /** No connection is there or being made. */
    void checkUnconnected() throws SocketException {
        if (progress != Progress.UNCONNECTED) {
            throw new SocketException(Errnos.text(Errno.EINVAL));
        }
    }

    private void checkOpen() throws SocketException {
        if (!isOpen()) {
            throw new SocketException("Socket closed");
        }
    }

    void created() {
        progress = Progress.UNCONNECTED;
    }

    /** Under the socket's state lock. */
    void beginConnect() throws SocketException {
        checkOpen();
        switch (progress) {
            case NEW -> throw new SocketException("Not created");
            case UNCONNECTED -> progress = Progress.CONNECTING;
            case CONNECTING -> throw new SocketException("Connection in progress");
            case CONNECTED -> throw new SocketException("Already connected");
        }
    }

    void connected() {
        progress = Progress.CONNECTED;
    }
}
