package io.virtuoso.host.account;

import java.util.Arrays;
import java.util.List;

/**
 * How long a guest's commands and packets waited to be served, by size: two buckets for each power of two of
 * nanoseconds. Allocates nothing after it was made. Stack thread only.
 */
public final class DelayHistogram {
    /** The last one holds everything from three seconds on. */
    public static final int BUCKETS = 64;

    private final long[] counts = new long[BUCKETS];

    /** Notes a delay, in nanoseconds. */
    public void add(final long ns) {
        counts[bucket(ns)]++;
    }

    /** @return where a delay is counted */
    static int bucket(final long ns) {
        if (ns < 2) {
            return 0;
        }
        final int power = 63 - Long.numberOfLeadingZeros(ns);
        return (int) Math.min(BUCKETS - 1, 2L * power + (ns >>> power - 1 & 1));
    }

    /** @return the longest delay of a bucket, in nanoseconds */
    public static long longest(final int bucket) {
        final int power = bucket >>> 1;
        return bucket < 2 ? 1 : (1L << power) + ((bucket & 1) + 1L << power - 1) - 1;
    }

    /** @return a copy of the counts */
    public List<Long> counts() {
        return Arrays.stream(counts).boxed().toList();
    }
}
