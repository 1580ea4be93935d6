package io.virtuoso.host.tcp;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * How much of the congestion window an application uses (RFC 7661): a window that is not used says nothing about the
 * path any more. It is kept for a while all the same, so that the application can resume where it was.
 */
final class WindowValidation {
    /** How long a window is kept that is not used: RFC 7661 section 5. */
    private static final long NON_VALIDATED_PERIOD_NS = TimeUnit.MINUTES.toNanos(5);

    private static final long LEAST_SAMPLING_PERIOD_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int BINS = 4;

    /** The largest samples of pipeACK, by the part of the sampling period in which they were taken. */
    private final long[] largest = new long[BINS];

    private int bin;
    private long binSinceNs;
    /** Whether there was a sample since the beginning, or since the last recovery. */
    private boolean defined;
    /** When the window was found in use last. */
    private long validatedNs;

    /** So many bytes were acknowledged in a round trip. */
    void onSample(long bytes, long srttNs, long nowNs) {
        advance(srttNs, nowNs);
        largest[bin] = Math.max(largest[bin], bytes);
        defined = true;
    }

    private void advance(long srttNs, long nowNs) {
        long binNs = Math.max(3 * srttNs, LEAST_SAMPLING_PERIOD_NS) / BINS;
        for (int i = 0; i < BINS && nowNs - binSinceNs >= binNs; i++) {
            bin = (bin + 1) % BINS;
            largest[bin] = 0;
            binSinceNs = i == BINS - 1 ? nowNs : binSinceNs + binNs;
        }
    }

    /** Nothing is known: what was acknowledged in a recovery is no sample (RFC 7661 section 4.2). */
    void forget() {
        Arrays.fill(largest, 0);
        defined = false;
    }

    /** What was in use: pipeACK, or what is in flight if that is more. */
    long used(long flight) {
        long used = flight;
        for (long sample : largest) {
            used = Math.max(used, sample);
        }
        return used;
    }

    /** Whether at least half of the window is used, as far as is known (RFC 7661 section 4.3). */
    boolean isValidated(long cwnd, long flight) {
        return !defined || used(flight) >= cwnd / 2;
    }

    /**
     * Looks at a window of which so much is in use.
     *
     * @return whether it has not been used for too long, so that it must be adjusted; then it has that long again
     */
    boolean isTooOld(long cwnd, long flight, long srttNs, long nowNs) {
        advance(srttNs, nowNs);
        if (isValidated(cwnd, flight)) {
            validatedNs = nowNs;
        }
        boolean tooOld = nowNs - validatedNs >= NON_VALIDATED_PERIOD_NS;
        if (tooOld) {
            validatedNs += NON_VALIDATED_PERIOD_NS;
        }
        return tooOld;
    }
}
