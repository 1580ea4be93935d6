package io.virtuoso.guest.net;

import io.virtuoso.guest.core.Errnos;
import io.virtuoso.protocol.Errno;
import java.net.SocketException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How far a socket is, and who is inside it.
 *
 * <p>Whoever reads, writes, accepts or connects goes in and out. Closing is a mark that keeps everybody else out; the
 * last one to go out of a closed socket (or the one who closes, if nobody is inside) releases it.
 */
final class SocketLife {
    private static final int CLOSING = 1 << 31;

    private enum Progress {
        NEW,
        UNCONNECTED,
        CONNECTING,
        CONNECTED
    }

    private final AtomicInteger inside = new AtomicInteger();
    private volatile Progress progress = Progress.NEW;

    // ---- in and out --------------------------------------------------------------------------

    /** Comes in. */
    void enter() throws SocketException {
        while (true) {
            int now = inside.get();
            if (now < 0) {
                throw new SocketException("Socket closed");
            }
            if (inside.compareAndSet(now, now + 1)) {
                return;
            }
        }
    }

    /** Goes out. @return true: the caller is the last one of a closed socket and must release it */
    boolean leave() {
        return inside.decrementAndGet() == CLOSING;
    }

    /** Closes, once. @return true: nobody is inside, the caller must release the socket */
    boolean close() {
        while (true) {
            int now = inside.get();
            if (now < 0) {
                return false;
            }
            if (inside.compareAndSet(now, now | CLOSING)) {
                return now == 0;
            }
        }
    }

    boolean isOpen() {
        return inside.get() >= 0;
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
