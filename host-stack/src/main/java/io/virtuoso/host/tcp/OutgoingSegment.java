package io.virtuoso.host.tcp;

/**
 * A segment to send: a mutable flyweight, valid during {@link TcpOutput#send} only. The payload lies in the
 * connection's {@link SendBuffer} at {@link #payloadPosition}.
 */
public final class OutgoingSegment {
    public int seq;
    /** 0 when {@link TcpFlags#ACK} is not set. */
    public int ack;

    public int flags;
    /** ECN codepoint for the IP header (RFC 3168): 0, or 2 for ECT(0). */
    public int ecn;
    /** DSCP in the place it has in the IP header's type of service, whose lowest bits are {@link #ecn}'s; the output's. */
    public int typeOfService;
    /** Of the IP header, 0: as usual; the output's. */
    public int timeToLive;
    /** As it goes into the header: 0 to 65535, already scaled. */
    public int window;

    public long payloadPosition;
    public int payloadLength;
    /**
     * Payload bytes per packet on the wire. When {@link #payloadLength} is larger the output must cut the payload
     * (TSO); PSH and FIN belong to the last piece.
     */
    public int segmentSize;

    public boolean hasTimestamps;
    public int tsVal;
    public int tsEcr;

    /** MSS option, in SYNs only; 0: absent. */
    public int mss;
    /** Window scale option, in SYNs only; {@link TcpSegment#NO_WINDOW_SCALE}: absent. */
    public int windowScale;
    /** SACK-permitted option, in SYNs only. */
    public boolean sackPermitted;

    /** SACK blocks: never with SYN, at most three beside timestamps. */
    public int sackCount;

    public final int[] sackEdges = new int[2 * TcpSegment.MAX_SACK_BLOCKS];

    /** Counters in the Accurate ECN option (RFC 9768 section 3.2.3), 1 to 3; 0: there is none. */
    public int ecnCounterCount;
    /** 24 low bits of the bytes received with ECT(0), CE and ECT(1). */
    public final int[] ecnCounters = new int[3];

    public OutgoingSegment() {
        clear();
    }

    /** Resets all fields to those of a segment without flags, options and payload. */
    public void clear() {
        seq = 0;
        ack = 0;
        flags = 0;
        ecn = 0;
        typeOfService = 0;
        timeToLive = 0;
        window = 0;
        payloadPosition = 0;
        payloadLength = 0;
        segmentSize = 0;
        hasTimestamps = false;
        tsVal = 0;
        tsEcr = 0;
        mss = 0;
        windowScale = TcpSegment.NO_WINDOW_SCALE;
        sackPermitted = false;
        sackCount = 0;
        ecnCounterCount = 0;
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
