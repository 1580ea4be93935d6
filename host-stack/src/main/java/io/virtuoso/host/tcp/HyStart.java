package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * HyStart++ (RFC 9406): notices in slow start, by a round-trip time that rises, that a queue builds up; then grows more
 * slowly for some rounds (conservative slow start), and goes back if it was mistaken. A limit for each ACK (the RFC's L)
 * is left out: with segmentation offload one ACK regularly covers dozens of segments. Times in nanoseconds.
 */
final class HyStart {
    private static final long NONE = Long.MAX_VALUE;
    private static final int SAMPLES = 8;
    private static final long LEAST_RISE_NS = TimeUnit.MILLISECONDS.toNanos(4);
    private static final long MOST_RISE_NS = TimeUnit.MILLISECONDS.toNanos(16);
    private static final int RISE_DIVISOR = 8;
    private static final int CONSERVATIVE_DIVISOR = 4;
    private static final int CONSERVATIVE_ROUNDS = 5;

    private long lastRoundMinNs = NONE;
    private long roundMinNs = NONE;
    private int samples;
    /** The round-trip time at which conservative slow start began; NONE outside of it. */
    private long baselineNs = NONE;

    private int conservativeRounds;

    /** Slow start begins anew. */
    void restart() {
        lastRoundMinNs = NONE;
        roundMinNs = NONE;
        samples = 0;
        baselineNs = NONE;
        conservativeRounds = 0;
    }

    /** A round trip was measured in slow start. */
    void onRttSample(long rttNs) {
        roundMinNs = Math.min(roundMinNs, rttNs);
        samples++;
        if (samples < SAMPLES) {
            return;
        }
        if (baselineNs != NONE) {
            if (roundMinNs < baselineNs) {
                baselineNs = NONE; // a mistake: the delay has gone again
            }
        } else if (lastRoundMinNs != NONE && roundMinNs >= lastRoundMinNs + rise(lastRoundMinNs)) {
            baselineNs = roundMinNs;
            conservativeRounds = 0;
        }
    }

    /** All that was in flight when this round began is acknowledged. @return true: slow start ends */
    boolean onRound() {
        lastRoundMinNs = roundMinNs;
        roundMinNs = NONE;
        samples = 0;
        return baselineNs != NONE && ++conservativeRounds >= CONSERVATIVE_ROUNDS;
    }

    /** How much of what was acknowledged the window grows by. */
    long growth(long acked) {
        return baselineNs == NONE ? acked : acked / CONSERVATIVE_DIVISOR;
    }

    private static long rise(long rttNs) {
        return Math.clamp(rttNs / RISE_DIVISOR, LEAST_RISE_NS, MOST_RISE_NS);
    }
}
