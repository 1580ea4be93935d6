package io.virtuoso.protocol;

/** Types of command queue entries (guest to host) and the bits of their arguments. */
public final class Command {
    /** arg0, arg1 address, arg2 port (0: any), arg3 BIND bits; the reply's arg0 is the port. */
    public static final int BIND = 1;

    /** arg0 backlog, arg1 BIND bits; binds to any port if not bound; answered. */
    public static final int LISTEN = 2;

    /** arg0, arg1 address, arg2 port, arg3 MAXSEG for the SYN, or 0; the outcome is in the slot's state and error. */
    public static final int CONNECT = 3;

    /** arg0 SHUT bits. */
    public static final int SHUTDOWN = 4;

    /** arg0 CLOSE value; afterwards the guest touches the slot no more. */
    public static final int CLOSE = 5;

    /** The slot's tx_tail moved; arg0: ring bytes the guest would like, or 0. */
    public static final int TX = 6;

    /** The slot's rx_head reached its rx_want. */
    public static final int RX_ROOM = 7;

    /** arg0 {@link Option}, arg1 value. */
    public static final int OPTION = 8;

    /** The reply's arg0: bytes written to the context's info area. */
    public static final int INFO = 9;

    /** Listener: this attachment accepts; connections may be pushed to it. arg0: 0 or {@link #ARM_ONCE}. */
    public static final int ARM = 10;

    /** Listener: give unaccepted connections to other members. */
    public static final int DISARM = 11;

    /** The slot is a UDP socket: arg0, arg1 address, arg2 port (0: any), arg3 BIND bits; the reply's arg0 is the port. */
    public static final int DATAGRAM = 12;

    /** arg0, arg1 address (any: dissolve), arg2 port, arg3 {@link Datagram#PROBE} or 0; answered. */
    public static final int DATAGRAM_CONNECT = 13;

    /** The reply's arg0: bytes of the oldest {@link DatagramError} kept, now in the context's info area; or EAGAIN. */
    public static final int DATAGRAM_ERROR = 14;

    /** Listener: takes a connection from the queue; the reply's arg0 is an {@link AcceptedRecord}, or EAGAIN. */
    public static final int ACCEPT = 15;

    /** A thread waits for a connection now. It says so again before it waits the next time, if the listener is shared. */
    public static final int ARM_ONCE = 1;

    public static final int BIND_REUSEADDR = 1;
    public static final int BIND_REUSEPORT = 2;
    public static final int BIND_V6ONLY = 4;

    public static final int SHUT_READ = 1;
    public static final int SHUT_WRITE = 2;

    public static final int CLOSE_GRACEFUL = 0;

    /** RST; unsent data is discarded. */
    public static final int CLOSE_ABORT = 1;

    /** {@link #CLOSE}: nothing but the slot, if it has {@link State#MOVED}. Since ABI 2.7. */
    public static final int CLOSE_MOVED = 2;

    private Command() {}

    /** The name of a command type, for messages. */
    public static String name(int type) {
        return switch (type) {
            case BIND -> "BIND";
            case LISTEN -> "LISTEN";
            case CONNECT -> "CONNECT";
            case SHUTDOWN -> "SHUTDOWN";
            case CLOSE -> "CLOSE";
            case TX -> "TX";
            case RX_ROOM -> "RX_ROOM";
            case OPTION -> "OPTION";
            case INFO -> "INFO";
            case ARM -> "ARM";
            case DISARM -> "DISARM";
            case DATAGRAM -> "DATAGRAM";
            case DATAGRAM_CONNECT -> "DATAGRAM_CONNECT";
            case DATAGRAM_ERROR -> "DATAGRAM_ERROR";
            case ACCEPT -> "ACCEPT";
            default -> "command " + type;
        };
    }
}
