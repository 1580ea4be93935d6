package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/** Rates in whole bytes per second, and what they make of bytes and nanoseconds; none of them negative. */
final class Rate {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    /** Larger products are held for this: far above any window. */
    private static final long FAR = 1L << 50;

    private Rate() {}

    /** The rate of so many bytes, up to 8 GiB, in so much time; 1 at least. */
    static long of(long bytes, long ns) {
        return Math.max(bytes * SECOND_NS / Math.max(ns, 1), 1);
    }

    /** How long so many bytes, up to 8 GiB, take. */
    static long ns(long bytes, long rate) {
        return bytes * SECOND_NS / Math.max(rate, 1);
    }

    /** What a rate brings in a time, which is taken in whole microseconds. */
    static long bytes(long rate, long ns) {
        long us = TimeUnit.NANOSECONDS.toMicros(ns);
        long product = rate * us;
        boolean overflows = product < 0 || Math.multiplyHigh(rate, us) != 0;
        return overflows ? FAR : product / TimeUnit.SECONDS.toMicros(1);
    }
}
