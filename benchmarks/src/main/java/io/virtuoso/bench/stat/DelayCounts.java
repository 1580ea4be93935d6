package io.virtuoso.bench.stat;

import java.util.Arrays;
import java.util.List;

/**
 * How long commands and packets of some guests waited in a host stack until they were served, up to one moment: counts
 * by size, two buckets for each power of two of nanoseconds, as the host stack's {@code top} answers them. Of each batch
 * of commands or packets the first one counts, with the longest time that it can have waited.
 */
public final class DelayCounts {
    /** As many as the host stack has, which a test makes sure of: only its answers come here. */
    private static final int BUCKETS = 64;

    private static final double NANOS_PER_MICRO = 1e3;

    private final long[] counts = new long[BUCKETS];

    /** Adds what one guest's line of the answer says. */
    public void add(final List<Long> more) {
        for (int i = 0; i < Math.min(BUCKETS, more.size()); i++) {
            counts[i] += more.get(i);
        }
    }

    /** @return what came since an earlier moment; figures are NaN if that is nothing */
    public Run.Delay since(final DelayCounts earlier) {
        final long[] window = new long[BUCKETS];
        Arrays.setAll(window, i -> counts[i] - earlier.counts[i]);
        return new Run.Delay(quantile(window, 0.5), quantile(window, 0.99), quantile(window, 0.999));
    }

    /** @return the longest delay of the bucket that holds the quantile, in microseconds */
    private static double quantile(final long[] window, final double share) {
        final long total = Arrays.stream(window).sum();
        long seen = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            seen += window[bucket];
            if (seen > 0 && seen >= share * total) {
                return longest(bucket) / NANOS_PER_MICRO;
            }
        }
        return Double.NaN;
    }

    private static long longest(final int bucket) {
        final int power = bucket / 2;
        return bucket < 2 ? 1 : (1L << power) + (bucket % 2 + 1L << power - 1) - 1;
    }
}
