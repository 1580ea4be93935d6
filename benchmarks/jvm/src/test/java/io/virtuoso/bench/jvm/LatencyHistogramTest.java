package io.virtuoso.bench.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
    @Test
    void shouldBeExactToOnePercent() {
        for (long nanos = 1; nanos < 1L << 39; nanos = nanos * 3 + 7) {
            LatencyHistogram histogram = new LatencyHistogram();
            histogram.record(3, nanos);
            assertEquals(nanos, 1000 * histogram.quantileMicros(0.5), nanos / 100.0, () -> "one of them");
        }
    }

    @Test
    void shouldGiveQuantilesOfAllStripes() {
        LatencyHistogram histogram = new LatencyHistogram();
        for (int i = 1; i <= 1000; i++) {
            histogram.record(i, i * 1000L);
        }
        assertEquals(1000, histogram.total());
        assertEquals(500, histogram.quantileMicros(0.5), 5);
        assertEquals(990, histogram.quantileMicros(0.99), 10);
        assertEquals(1000, histogram.quantileMicros(1), 10);
    }

    @Test
    void shouldHaveNoQuantileOfNothing() {
        assertTrue(Double.isNaN(new LatencyHistogram().quantileMicros(0.5)));
    }

    @Test
    void shouldKeepWhatIsBeyondItsRange() {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(0, Long.MAX_VALUE);
        histogram.record(0, -1);
        assertEquals(2, histogram.total());
    }
}
