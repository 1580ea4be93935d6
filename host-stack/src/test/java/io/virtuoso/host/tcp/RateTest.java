package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long GIGABYTE = 1_000_000_000L;

    @Test
    void shouldBeBytesInASecond() {
        assertEquals(1_000_000, Rate.of(1_000, TimeUnit.MILLISECONDS.toNanos(1)));
        assertEquals(4 * GIGABYTE, Rate.of(4 * GIGABYTE, SECOND_NS));
        assertEquals(1, Rate.of(1, 10 * SECOND_NS), "one at least");
        assertEquals(1_000 * SECOND_NS, Rate.of(1_000, 0), "no time is a nanosecond");
    }

    @Test
    void shouldTellHowLongBytesTake() {
        assertEquals(TimeUnit.MICROSECONDS.toNanos(65), Rate.ns(65_000, GIGABYTE));
        assertEquals(8 * SECOND_NS, Rate.ns(8, 1));
        assertEquals(8 * SECOND_NS, Rate.ns(8, 0), "never divides by zero");
    }

    @Test
    void shouldTellWhatATimeBrings() {
        assertEquals(125_000, Rate.bytes(1_250_000, TimeUnit.MILLISECONDS.toNanos(100)));
        assertEquals(12_500, Rate.bytes(125_000_000, TimeUnit.MICROSECONDS.toNanos(100)));
        assertEquals(0, Rate.bytes(GIGABYTE, 999), "less than a microsecond");
        assertEquals(3_600 * GIGABYTE, Rate.bytes(GIGABYTE, TimeUnit.HOURS.toNanos(1)));
        assertTrue(Rate.bytes(1L << 45, TimeUnit.DAYS.toNanos(1)) > 1L << 40, "too much is very much");
    }
}
