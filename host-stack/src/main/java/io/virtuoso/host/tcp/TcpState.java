package io.virtuoso.host.tcp;

/** States of RFC 9293 section 3.3.2; LISTEN is not a connection's (see {@link TcpListener}). */
public enum TcpState {
    CLOSED(7),
    SYN_SENT(2),
    SYN_RECEIVED(3),
    ESTABLISHED(1),
    FIN_WAIT_1(4),
    FIN_WAIT_2(5),
    CLOSE_WAIT(8),
    CLOSING(11),
    LAST_ACK(9),
    TIME_WAIT(6);

    private final int linuxNumber;

    TcpState(int linuxNumber) {
        this.linuxNumber = linuxNumber;
    }

    /** The state's number in Linux's TCP_INFO, {@code TCP_ESTABLISHED} being 1. */
    public int linuxNumber() {
        return linuxNumber;
    }

    /** Whether the handshake is done and the connection not yet gone. */
    public boolean isSynchronized() {
        return this != CLOSED && this != SYN_SENT && this != SYN_RECEIVED;
    }

    /** Whether our FIN has been queued: nothing more can be written. */
    boolean isWriteClosed() {
        return switch (this) {
            case CLOSED, FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT -> true;
            case SYN_SENT, SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT -> false;
        };
    }

    /** Whether the peer may still send data that we take. */
    boolean receives() {
        return switch (this) {
            case ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2 -> true;
            case CLOSED, SYN_SENT, SYN_RECEIVED, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT -> false;
        };
    }
}
