package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.Gate;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;

/** How far a channel's socket is, and who is inside it. Every call that touches the socket goes in and out. */
final class StreamState {
    private static final int UNCONNECTED = 0;
    private static final int PENDING = 1;
    private static final int CONNECTED = 2;

    private final Gate gate = new Gate();
    private volatile int progress = UNCONNECTED;
    private volatile boolean inputShut;
    private volatile boolean outputShut;

    /** Comes in. */
    void enter() throws ClosedChannelException {
        if (!gate.enter()) {
            throw new ClosedChannelException();
        }
    }

    /** For who is inside: there is a connection. */
    void checkConnected() {
        if (progress != CONNECTED) {
            throw new NotYetConnectedException();
        }
    }

    /** Goes out. @return true: the caller is the last one of a closed channel and must release the socket */
    boolean leave() {
        return gate.leave();
    }

    /** Closes. @return true: nobody is inside, the caller must release the socket */
    boolean close() {
        return gate.close();
    }

    boolean isOpen() {
        return gate.isOpen();
    }

    /** For who is not inside yet: afterwards, that somebody has closed is somebody else's doing. */
    void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    void checkNotPending() {
        if (progress == PENDING) {
            throw new ConnectionPendingException();
        }
    }

    void checkUnconnected() {
        if (progress == CONNECTED) {
            throw new AlreadyConnectedException();
        }
        checkNotPending();
    }

    /** Under the channel's read and write locks, as the other steps. */
    void beginConnect() {
        checkUnconnected();
        progress = PENDING;
    }

    void checkPending() {
        if (progress != PENDING) {
            throw new NoConnectionPendingException();
        }
    }

    void connected() {
        progress = CONNECTED;
    }

    boolean isPending() {
        return progress == PENDING && isOpen();
    }

    boolean isConnected() {
        return progress == CONNECTED && isOpen();
    }

    boolean isInputShut() {
        return inputShut;
    }

    boolean isOutputShut() {
        return outputShut;
    }

    /** @return false if it was so before */
    boolean shutInput() {
        boolean first = !inputShut;
        inputShut = true;
        return first;
    }

    /** @return false if it was so before */
    boolean shutOutput() {
        boolean first = !outputShut;
        outputShut = true;
        return first;
    }
}
