package io.virtuoso.protocol;

/** Socket options of {@link Command#OPTION}. */
public final class Option {
    /** 0 or 1. */
    public static final int NODELAY = 1;

    /** 0 or 1. */
    public static final int CORK = 2;

    /** 0 or 1. */
    public static final int KEEPALIVE = 3;

    /** Seconds. */
    public static final int KEEPIDLE = 4;

    /** Seconds. */
    public static final int KEEPINTVL = 5;

    /** Probes. */
    public static final int KEEPCNT = 6;

    /** Milliseconds, 0: default. */
    public static final int USER_TIMEOUT = 7;

    /** 0 or 1. */
    public static final int QUICKACK = 8;

    /** Bytes. */
    public static final int MAXSEG = 9;

    /** Bytes; limits the transmit ring. */
    public static final int SEND_BUFFER = 10;

    /** Bytes; limits the receive ring. */
    public static final int RECEIVE_BUFFER = 11;

    /** Seconds. */
    public static final int DEFER_ACCEPT = 12;

    /** One of {@link Congestion}; since ABI 1.1. */
    public static final int CONGESTION = 13;

    /** 0 or 1: datagrams, keep ICMP errors for {@link Command#DATAGRAM_ERROR}; since ABI 2.1. */
    public static final int RECEIVE_ERRORS = 14;

    /** Of IPv4: DSCP in the place it has in the IP header, 0 to 252; since ABI 2.2. */
    public static final int TOS = 15;

    /** Of IPv4: 1 to 255, 0: default; since ABI 2.2. */
    public static final int TTL = 16;

    /** Bytes per second, 0: no limit; since ABI 2.3. */
    public static final int MAX_PACING_RATE = 17;

    /** Of IPv6, as {@link #TOS}; since ABI 2.4. */
    public static final int TRAFFIC_CLASS = 18;

    /** Of IPv6, as {@link #TTL}; since ABI 2.4. */
    public static final int HOP_LIMIT = 19;

    /** Bytes that may wait to be sent, 0: no limit; if there is one, the slot tells what was sent. Since ABI 2.4. */
    public static final int NOTSENT_LOWAT = 20;

    private Option() {}
}
