package io.virtuoso.bench.jvm;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts of durations, exact to 1 %. Any number of threads may record; stripes keep them out of each other's way. */
final class LatencyHistogram {
    private static final int STRIPES = 8;
    /** Each power of two has 128 buckets. */
    private static final int PRECISION_BITS = 7;

    private static final int BUCKETS_OF_ONE = 1 << PRECISION_BITS;
    private static final int GREATEST_BITS = 40; // 18 minutes
    private static final long GREATEST = (1L << GREATEST_BITS) - 1;
    private static final int BUCKETS = (GREATEST_BITS - PRECISION_BITS + 1) * BUCKETS_OF_ONE;

    private final AtomicLongArray[] stripes = new AtomicLongArray[STRIPES];

    LatencyHistogram() {
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new AtomicLongArray(BUCKETS);
        }
    }

    /** @param who spreads recorders over the stripes, for example a connection's number */
    void record(int who, long nanos) {
        stripes[who % STRIPES].getAndIncrement(bucket(Math.min(Math.max(nanos, 0), GREATEST)));
    }

    private static int bucket(long nanos) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(nanos) - PRECISION_BITS - 1);
        return (shift << PRECISION_BITS) + (int) (nanos >>> shift);
    }

    /** The middle of a bucket. */
    private static double nanos(int bucket) {
        int shift = Math.max(0, (bucket >>> PRECISION_BITS) - 1);
        long least = (long) (bucket - (shift << PRECISION_BITS)) << shift;
        return least + ((1L << shift) - 1) / 2.0;
    }

    private long count(int bucket) {
        long count = 0;
        for (AtomicLongArray stripe : stripes) {
            count += stripe.get(bucket);
        }
        return count;
    }

    long total() {
        long total = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            total += count(bucket);
        }
        return total;
    }

    /** The duration in microseconds that the given share of all is not above; NaN if nothing was recorded. */
    double quantileMicros(double share) {
        long wanted = Math.max(1, (long) Math.ceil(share * total()));
        long seen = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            seen += count(bucket);
            if (seen >= wanted) {
                return nanos(bucket) / 1e3;
            }
        }
        return Double.NaN;
    }
}
