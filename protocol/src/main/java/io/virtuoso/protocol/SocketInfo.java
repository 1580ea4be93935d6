package io.virtuoso.protocol;

/** Layout of what {@link Command#INFO} writes; times in microseconds, sizes in bytes. */
public final class SocketInfo {
    /** Linux's TCP_ESTABLISHED = 1 to TCP_CLOSING = 11. */
    public static final int TCP_STATE_OFFSET = 0;

    /** One of the PATH values. */
    public static final int PATH_OFFSET = 4;

    public static final int RTT_OFFSET = 8;
    public static final int RTTVAR_OFFSET = 12;
    public static final int RTO_OFFSET = 16;
    public static final int MSS_OFFSET = 20;
    public static final int PEER_MSS_OFFSET = 24;
    public static final int CONGESTION_WINDOW_OFFSET = 28;
    public static final int SSTHRESH_OFFSET = 32;
    public static final int UNACKED_OFFSET = 36;
    public static final int RETRANSMITS_OFFSET = 40;
    public static final int TOTAL_RETRANSMITS_OFFSET = 44;
    public static final int OPTIONS_OFFSET = 48;
    public static final int WINDOW_SCALES_OFFSET = 52;
    public static final int BACKLOG_OFFSET = 56;
    public static final int MAX_BACKLOG_OFFSET = 60;
    public static final int BYTES_ACKED_OFFSET = 64;
    public static final int BYTES_RECEIVED_OFFSET = 72;
    public static final int BYTES_SENT_OFFSET = 80;
    public static final int BYTES_RETRANSMITTED_OFFSET = 88;
    public static final int SEGMENTS_OUT_OFFSET = 96;
    public static final int SEGMENTS_IN_OFFSET = 100;
    public static final int SEND_UNSENT_OFFSET = 104;
    public static final int SEND_UNACKED_OFFSET = 108;
    public static final int RECEIVE_RTT_OFFSET = 112;
    public static final int RECEIVE_SPACE_OFFSET = 116;
    public static final int RECEIVE_WINDOW_OFFSET = 120;
    public static final int MIN_RTT_OFFSET = 124;

    /** Bytes per second, 0: not paced. */
    public static final int PACING_RATE_OFFSET = 128;

    /** Bytes per second, 0: not measured. */
    public static final int DELIVERY_RATE_OFFSET = 136;

    public static final int BYTES = 144;

    public static final int PATH_NONE = 0;

    /** Ring to ring, no segments. */
    public static final int PATH_LOCAL = 1;

    public static final int PATH_WIRE = 2;

    private SocketInfo() {}
}
