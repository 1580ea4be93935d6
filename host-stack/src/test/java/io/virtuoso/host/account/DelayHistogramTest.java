package io.virtuoso.host.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DelayHistogramTest {
    @Test
    void shouldCountEachDelayWhereItFits() {
        for (long ns = 1; ns < 3_000_000_000L; ns += 1 + ns / 7) {
            final int bucket = DelayHistogram.bucket(ns);
            assertTrue(ns <= DelayHistogram.longest(bucket), "too long: " + ns);
            assertTrue(bucket == 0 || ns > DelayHistogram.longest(bucket - 1), "too short: " + ns);
        }
    }

    @Test
    void shouldKeepWhatIsOutOfRangeAtTheEnds() {
        assertEquals(0, DelayHistogram.bucket(-5));
        assertEquals(0, DelayHistogram.bucket(0));
        assertEquals(DelayHistogram.BUCKETS - 1, DelayHistogram.bucket(Long.MAX_VALUE));
    }

    @Test
    void shouldCount() {
        final DelayHistogram histogram = new DelayHistogram();
        histogram.add(1_000);
        histogram.add(1_001);
        assertEquals(2, histogram.counts().get(DelayHistogram.bucket(1_000)));
    }
}
