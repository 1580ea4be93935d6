package io.virtuoso.host.capture;

/** Layout of a packet's record in a {@link CaptureRing}: numbers in the machine's own order, names as agrona has strings. */
final class CaptureRecord {
    /** The packet was received, or sent, or copied from guest to guest; as pcapng numbers the first two. */
    static final int IN = 1;

    static final int OUT = 2;
    static final int LOCAL = 3;

    /** Of {@link #DROP_REASON}: it was not dropped. */
    static final int NOT_DROPPED = -1;

    /** Of {@link #SPENT}: not known. */
    static final long UNKNOWN = -1;

    static final int TIME = 0;
    static final int SPENT = 8;
    static final int WAITED = 16;
    static final int PACKET_BYTES = 24;
    static final int KEPT_BYTES = 28;
    static final int DIRECTION = 32;
    static final int DROP_REASON = 36;
    static final int NETWORK = 40;
    static final int PAYER = 108;
    static final int PEER = 176;
    static final int DATA = 244;

    /** Longer names are cut; guests' and networks' names are shorter. */
    static final int NAME_BYTES = 64;

    private CaptureRecord() {}
}
