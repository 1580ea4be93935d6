package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * What connections share. Immutable; start from {@link #DEFAULTS}. Times in nanoseconds, sizes in bytes.
 *
 * @param mss the MSS option we send: MTU minus 40 for IPv4 (timestamps are taken off when sending, RFC 6691)
 * @param maxSegmentBytes most payload in one {@link OutgoingSegment}; at most {@code mss} without segmentation offload
 * @param initialReceiveBytes window offered before a receive buffer is attached
 * @param maxReceiveBytes largest capacity that a receive buffer may grow to: decides the window scale
 * @param timestamps whether to offer and accept timestamps (RFC 7323)
 * @param sack whether to offer and accept selective acknowledgements (RFC 2018)
 * @param minRtoNs lower bound of the retransmission timeout (RFC 6298 says 1 s, Linux and we 200 ms)
 * @param maxRtoNs upper bound, also of the distance of window probes
 * @param synRetries retransmissions of a SYN before ETIMEDOUT
 * @param synAckRetries retransmissions of a SYN,ACK before the connection is forgotten
 * @param retries retransmissions in a row, or unanswered probes, before ETIMEDOUT
 * @param orphanRetries the same after {@code close}
 * @param delayedAckNs longest delay of an acknowledgement
 * @param quickAcks acknowledgements at the beginning that are not delayed
 * @param timeWaitNs length of TIME_WAIT
 * @param finWaitNs longest FIN_WAIT_2 after {@code close}
 * @param congestion how much may be in flight
 * @param ecn whether to ask for and agree to explicit congestion notification
 * @param pacing whether a window is spread over a round trip ({@link Pacer})
 */
public record TcpConfig(
        int mss,
        int maxSegmentBytes,
        int initialReceiveBytes,
        int maxReceiveBytes,
        boolean timestamps,
        boolean sack,
        long minRtoNs,
        long maxRtoNs,
        int synRetries,
        int synAckRetries,
        int retries,
        int orphanRetries,
        long delayedAckNs,
        int quickAcks,
        long timeWaitNs,
        long finWaitNs,
        CongestionAlgorithm congestion,
        EcnMode ecn,
        boolean pacing) {

    /** For an MTU of 1500 and a port with segmentation offload. */
    public static final TcpConfig DEFAULTS = new TcpConfig(
            1460,
            65_000,
            64 * 1024,
            4 * 1024 * 1024,
            true,
            true,
            TimeUnit.MILLISECONDS.toNanos(200),
            TimeUnit.SECONDS.toNanos(120),
            6,
            5,
            15,
            8,
            TimeUnit.MILLISECONDS.toNanos(40),
            16,
            TimeUnit.SECONDS.toNanos(60),
            TimeUnit.SECONDS.toNanos(60),
            CongestionAlgorithm.CUBIC,
            EcnMode.PASSIVE,
            false);

    /** The same with another MSS and largest segment. */
    public TcpConfig withSegments(int newMss, int newMaxSegmentBytes) {
        final Edit edit = new Edit(this);
        edit.mss = newMss;
        edit.maxSegmentBytes = newMaxSegmentBytes;
        return edit.done();
    }

    /** The same with other receive windows. */
    public TcpConfig withReceiveBytes(int newInitialReceiveBytes, int newMaxReceiveBytes) {
        final Edit edit = new Edit(this);
        edit.initialReceiveBytes = newInitialReceiveBytes;
        edit.maxReceiveBytes = newMaxReceiveBytes;
        return edit.done();
    }

    /** The same with timestamps and selective acknowledgements on or off. */
    public TcpConfig withOptions(boolean newTimestamps, boolean newSack) {
        final Edit edit = new Edit(this);
        edit.timestamps = newTimestamps;
        edit.sack = newSack;
        return edit.done();
    }

    /** The same with another number of acknowledgements that are not delayed. */
    public TcpConfig withQuickAcks(int newQuickAcks) {
        final Edit edit = new Edit(this);
        edit.quickAcks = newQuickAcks;
        return edit.done();
    }

    /** The same with another length of TIME_WAIT. */
    public TcpConfig withTimeWaitNs(long newTimeWaitNs) {
        final Edit edit = new Edit(this);
        edit.timeWaitNs = newTimeWaitNs;
        return edit.done();
    }

    /** The same with another congestion control. */
    public TcpConfig withCongestion(CongestionAlgorithm newCongestion) {
        final Edit edit = new Edit(this);
        edit.congestion = newCongestion;
        return edit.done();
    }

    /** The same with or without ECN. */
    public TcpConfig withEcn(EcnMode newEcn) {
        final Edit edit = new Edit(this);
        edit.ecn = newEcn;
        return edit.done();
    }

    /** The same with or without pacing. */
    public TcpConfig withPacing(boolean newPacing) {
        final Edit edit = new Edit(this);
        edit.pacing = newPacing;
        return edit.done();
    }

    /** The shift count we ask for: the smallest that can offer {@link #maxReceiveBytes} (at most 14, RFC 7323). */
    int receiveWindowScale() {
        int shift = 0;
        while (shift < 14 && (65_535L << shift) < maxReceiveBytes) {
            shift++;
        }
        return shift;
    }

    /** A copy to change, so that each field is named here only. */
    private static final class Edit {
        private int mss;
        private int maxSegmentBytes;
        private int initialReceiveBytes;
        private int maxReceiveBytes;
        private boolean timestamps;
        private boolean sack;
        private final long minRtoNs;
        private final long maxRtoNs;
        private final int synRetries;
        private final int synAckRetries;
        private final int retries;
        private final int orphanRetries;
        private final long delayedAckNs;
        private int quickAcks;
        private long timeWaitNs;
        private final long finWaitNs;
        private CongestionAlgorithm congestion;
        private EcnMode ecn;
        private boolean pacing;

        private Edit(TcpConfig from) {
            mss = from.mss;
            maxSegmentBytes = from.maxSegmentBytes;
            initialReceiveBytes = from.initialReceiveBytes;
            maxReceiveBytes = from.maxReceiveBytes;
            timestamps = from.timestamps;
            sack = from.sack;
            minRtoNs = from.minRtoNs;
            maxRtoNs = from.maxRtoNs;
            synRetries = from.synRetries;
            synAckRetries = from.synAckRetries;
            retries = from.retries;
            orphanRetries = from.orphanRetries;
            delayedAckNs = from.delayedAckNs;
            quickAcks = from.quickAcks;
            timeWaitNs = from.timeWaitNs;
            finWaitNs = from.finWaitNs;
            congestion = from.congestion;
            ecn = from.ecn;
            pacing = from.pacing;
        }

        private TcpConfig done() {
            return new TcpConfig(
                    mss,
                    maxSegmentBytes,
                    initialReceiveBytes,
                    maxReceiveBytes,
                    timestamps,
                    sack,
                    minRtoNs,
                    maxRtoNs,
                    synRetries,
                    synAckRetries,
                    retries,
                    orphanRetries,
                    delayedAckNs,
                    quickAcks,
                    timeWaitNs,
                    finWaitNs,
                    congestion,
                    ecn,
                    pacing);
        }
    }
}
