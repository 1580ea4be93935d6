package io.virtuoso.protocol;

/** Bits of a slot's state word, written by the host; but for ACCEPTABLE, MOVING and UDP sockets only ever added in one use. */
public final class State {
    /** Handshake done; the rings are there. */
    public static final int CONNECTED = 1;

    /** The peer's FIN: after rx_tail comes end of stream. */
    public static final int READ_CLOSED = 2;

    /** Writing gives EPIPE, or the slot's error if one is set. */
    public static final int WRITE_CLOSED = 4;

    /** The slot's error holds why: refused, timed out, reset. */
    public static final int FAILED = 8;

    /** The slot is a listener: its receive stream consists of {@link AcceptedRecord}s. */
    public static final int LISTENING = 16;

    /** A listener of several processes has connections in its queue: {@link Command#ACCEPT} takes one. */
    public static final int ACCEPTABLE = 32;

    /** The host is about to give the socket to another process of the guest: comes and goes within a moment. Since 2.7. */
    public static final int MOVING = 64;

    /** It has done so: what another process did not see of the cursors has not happened. With FAILED. Since ABI 2.7. */
    public static final int MOVED = 128;

    private State() {}
}
