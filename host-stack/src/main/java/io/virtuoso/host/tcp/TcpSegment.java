package io.virtuoso.host.tcp;

import java.nio.ByteBuffer;

/**
 * A received segment, parsed: a mutable flyweight that whoever polls the port fills anew for each packet, after
 * {@link #clear()}. TCP reads it during {@code onSegment} only. Checksum and addresses are the caller's business.
 */
public final class TcpSegment {
    /** {@link #windowScale} of a segment without that option. */
    public static final int NO_WINDOW_SCALE = -1;

    /** SACK blocks that fit into the options (RFC 2018). */
    public static final int MAX_SACK_BLOCKS = 4;

    public int seq;
    public int ack;
    /** {@link TcpFlags}. */
    public int flags;
    /** ECN codepoint of the IP header: 0 not ECN-capable, 1 or 2 ECN-capable, 3 congestion experienced (RFC 3168). */
    public int ecn;
    /** As in the header: 0 to 65535, not scaled. */
    public int window;
    /** Value of the MSS option, 0 when absent. */
    public int mss;
    /** Shift count of the window scale option, {@link #NO_WINDOW_SCALE} when absent. */
    public int windowScale;

    public boolean sackPermitted;
    public boolean hasTimestamps;
    public int tsVal;
    public int tsEcr;
    public int sackCount;
    /** Left and right edges of the blocks, alternating; {@code 2 * sackCount} are valid. */
    public final int[] sackEdges = new int[2 * MAX_SACK_BLOCKS];

    /** Whether there is an Accurate ECN option (RFC 9768 section 3.2.3). */
    public boolean hasEcnCounters;
    /** 24 low bits of the bytes received with ECT(0), CE and ECT(1), -1 where the option lacks them. */
    public final int[] ecnCounters = new int[3];

    /** Holds the payload at absolute index {@link #payloadOffset}; position and limit are neither used nor moved. */
    public ByteBuffer payload;

    public int payloadOffset;
    public int payloadLength;

    public TcpSegment() {
        clear();
    }

    /** Resets all fields to those of a segment without flags, options and payload. */
    public void clear() {
        seq = 0;
        ack = 0;
        flags = 0;
        ecn = 0;
        window = 0;
        mss = 0;
        windowScale = NO_WINDOW_SCALE;
        sackPermitted = false;
        hasTimestamps = false;
        tsVal = 0;
        tsEcr = 0;
        sackCount = 0;
        hasEcnCounters = false;
        payload = null;
        payloadOffset = 0;
        payloadLength = 0;
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Sequence numbers that the segment takes (SEG.LEN): payload, SYN and FIN. */
    public int sequenceLength() {
        return payloadLength + (has(TcpFlags.SYN) ? 1 : 0) + (has(TcpFlags.FIN) ? 1 : 0);
    }
}
