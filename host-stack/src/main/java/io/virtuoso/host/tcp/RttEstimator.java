package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/** Round-trip time and retransmission timeout (RFC 6298). Times in nanoseconds. */
final class RttEstimator {
    private static final long INITIAL_RTO_NS = TimeUnit.SECONDS.toNanos(1);
    /** RFC 6298 section 5.7: the first timeout for data when the SYN had to be retransmitted. */
    private static final long RTO_AFTER_LOST_SYN_NS = TimeUnit.SECONDS.toNanos(3);

    private static final int MAX_BACKOFF = 16;
    /** The smallest round trip is not taken for less: the clock stands still while a batch of segments is processed. */
    private static final long LEAST_NS = TimeUnit.MICROSECONDS.toNanos(1);
    /** How long a smallest round trip holds, at least. */
    private static final long MIN_AGE_NS = TimeUnit.MINUTES.toNanos(5);

    private final long minRtoNs;
    private final long maxRtoNs;
    private long srttNs = -1;
    private long rttvarNs;
    private long rtoNs = INITIAL_RTO_NS;
    private int backoff;

    private long minNs = Long.MAX_VALUE;
    private long olderMinNs = Long.MAX_VALUE;
    private long minSinceNs;

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

    /** Something sent once only arrived: what the smallest round trip is taken from. */
    void onSentOnce(long rttNs, long nowNs) {
        if (nowNs - minSinceNs > MIN_AGE_NS) {
            olderMinNs = minNs;
            minNs = Long.MAX_VALUE;
            minSinceNs = nowNs;
        }
        minNs = Math.min(minNs, Math.max(rttNs, LEAST_NS));
    }

    /** The smallest round trip of the last minutes; 0 before the first. */
    long minRttNs() {
        long leastNs = Math.min(minNs, olderMinNs);
        return leastNs == Long.MAX_VALUE ? 0 : leastNs;
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
