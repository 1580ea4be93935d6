package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/** Round-trip time and retransmission timeout (RFC 6298). Times in nanoseconds. */
final class RttEstimator {
    private static final long INITIAL_RTO_NS = TimeUnit.SECONDS.toNanos(1);
    /** RFC 6298 section 5.7: the first timeout for data when the SYN had to be retransmitted. */
    private static final long RTO_AFTER_LOST_SYN_NS = TimeUnit.SECONDS.toNanos(3);

    private static final int MAX_BACKOFF = 16;

    private final long minRtoNs;
    private final long maxRtoNs;
    private long srttNs = -1;
    private long rttvarNs;
    private long rtoNs = INITIAL_RTO_NS;
    private int backoff;

    RttEstimator(long minRtoNs, long maxRtoNs) {
        this.minRtoNs = minRtoNs;
        this.maxRtoNs = maxRtoNs;
    }

    /** Takes a measurement of a segment that was sent once only, or was identified by its timestamp (Karn). */
    void onSample(long rttNs) {
        if (srttNs < 0) {
            srttNs = rttNs;
            rttvarNs = rttNs / 2;
        } else {
            rttvarNs += (Math.abs(srttNs - rttNs) - rttvarNs) / 4;
            srttNs += (rttNs - srttNs) / 8;
        }
        rtoNs = Math.clamp(srttNs + 4 * rttvarNs, minRtoNs, maxRtoNs);
        backoff = 0;
    }

    void onSynWasRetransmitted() {
        if (srttNs < 0) {
            rtoNs = RTO_AFTER_LOST_SYN_NS;
        }
        backoff = 0;
    }

    /** Doubles the timeout. */
    void backOff() {
        backoff = Math.min(backoff + 1, MAX_BACKOFF);
    }

    long rtoNs() {
        return backedOff(backoff);
    }

    /** The timeout after so many doublings. */
    long backedOff(int doublings) {
        return Math.min(rtoNs << Math.min(doublings, MAX_BACKOFF), maxRtoNs);
    }

    /** Smoothed round-trip time, 0 before the first sample. */
    long srttNs() {
        return Math.max(srttNs, 0);
    }

    long rttvarNs() {
        return rttvarNs;
    }
}
