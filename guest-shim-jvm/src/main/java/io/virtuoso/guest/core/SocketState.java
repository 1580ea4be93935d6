package io.virtuoso.guest.core;

import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;

/** What is known of one socket: its phase, its use of a slot, and what follows from both. Any thread. */
final class SocketState {
    enum Phase {
        FRESH,
        BOUND,
        LISTENING,
        CONNECTING,
        CONNECTED,
        CLOSED
    }

    private static final int BOTH = StreamSocket.READ | StreamSocket.WRITE;

    private volatile SlotUse use;
    private volatile Phase phase = Phase.FRESH;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile boolean errorTaken;

    /** The present use of a slot; null: none. */
    SlotUse use() {
        return use;
    }

    void use(SlotUse now) {
        use = now;
        errorTaken = false;
    }

    Phase phase() {
        return phase;
    }

    void phase(Phase now) {
        phase = now;
    }

    /** Whether the application has shut the reading direction. */
    boolean inputShut() {
        return inputShut;
    }

    void shutInput() {
        inputShut = true;
    }

    /** Whether the application has shut the writing direction. */
    boolean outputShut() {
        return outputShut;
    }

    void shutOutput() {
        outputShut = true;
    }

    /** A connect that has succeeded makes the socket connected. @return the phase then */
    Phase progress() {
        SlotUse now = use;
        if (phase == Phase.CONNECTING
                && now != null
                && (now.state() & (State.CONNECTED | State.FAILED)) == State.CONNECTED) {
            phase = Phase.CONNECTED;
        }
        return phase;
    }

    /** Whether the connection cannot be used any more, in either direction. */
    boolean hasFailed() {
        SlotUse now = use;
        return now == null || now.attachment().isDead() || (now.state() & State.FAILED) != 0;
    }

    /** The pending error, which is then no longer pending; 0 if none. */
    int takeError() {
        SlotUse now = use;
        if (now == null || errorTaken) {
            return 0;
        }
        if (now.attachment().isDead()) {
            errorTaken = true;
            return phase == Phase.CONNECTING ? Errno.ENETDOWN : Errno.ECONNRESET;
        }
        if ((now.state() & State.FAILED) == 0) {
            return 0;
        }
        errorTaken = true;
        return now.error() != 0 ? now.error() : Errno.ECONNRESET;
    }

    /** See {@link StreamSocket#readiness}. */
    int readiness(int interest) {
        SlotUse now = use;
        if (phase == Phase.CLOSED) {
            return (BOTH & interest) | StreamSocket.HANGUP;
        }
        if (now == null) {
            return phase == Phase.LISTENING ? 0 : (StreamSocket.WRITE & interest) | StreamSocket.HANGUP;
        }
        if (phase == Phase.LISTENING) {
            boolean waiting = !now.attachment().isDead() && (readable(now) || (now.state() & State.ACCEPTABLE) != 0);
            return waiting ? StreamSocket.READ & interest : 0;
        }
        if (hasFailed()) {
            return (BOTH & interest) | StreamSocket.HANGUP | StreamSocket.ERROR;
        }
        return progress() == Phase.CONNECTED ? readiness(now, interest) : 0;
    }

    private int readiness(SlotUse now, int interest) {
        int state = now.state();
        boolean readEnd = inputShut || (state & State.READ_CLOSED) != 0;
        boolean writeEnd = outputShut || (state & State.WRITE_CLOSED) != 0;
        int ready = readEnd && writeEnd ? StreamSocket.HANGUP : 0;
        if ((interest & StreamSocket.READ) != 0 && (readEnd || readable(now))) {
            ready |= StreamSocket.READ;
        }
        if ((interest & StreamSocket.WRITE) != 0 && (writeEnd || now.transmit().writable())) {
            ready |= StreamSocket.WRITE;
        }
        return ready;
    }

    /** With nothing there, says how far was looked, or else no event would tell of what comes next; then looks again. */
    static boolean readable(SlotUse now) {
        if (now.receive().unread() != 0) {
            return true;
        }
        now.attachment().raiseSeen(now.index(), now.generation());
        return now.receive().unread() != 0;
    }
}
