package io.virtuoso.bench.stat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.DelayHistogram;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class DelayCountsTest {
    /** Two buckets for each power of two: 1024 to 1535 ns, 1536 to 2047 ns, and so on. */
    private static final int FROM_1024 = 20;

    private static DelayCounts counts(final long from1024, final long from1536, final long from4096) {
        final List<Long> counts = new ArrayList<>(Collections.nCopies(64, 0L));
        counts.set(FROM_1024, from1024);
        counts.set(FROM_1024 + 1, from1536);
        counts.set(FROM_1024 + 4, from4096);
        final DelayCounts made = new DelayCounts();
        made.add(counts);
        return made;
    }

    /** Its counts are told by position only; the last bucket has no end. */
    @Test
    void shouldReadTheCountsOfTheHostStack() {
        final long most = DelayHistogram.longest(DelayHistogram.BUCKETS - 1);
        for (long ns = 1; ns <= most; ns += 1 + ns / 7) {
            final DelayHistogram histogram = new DelayHistogram();
            histogram.add(ns);
            final DelayCounts made = new DelayCounts();
            made.add(histogram.counts());
            final double longest = made.since(new DelayCounts()).p50() * 1e3;
            assertTrue(ns <= longest + 0.5 && longest <= 1.5 * ns + 0.5, ns + " ns became " + longest);
        }
    }

    @Test
    void shouldCountTheWindowOnly() {
        final Run.Delay delay = counts(1000, 700, 305).since(counts(1000, 0, 300));
        assertEquals(2.047, delay.p50(), 1e-9);
        assertEquals(2.047, delay.p99(), 1e-9);
        assertEquals(6.143, delay.p999(), 1e-9);
    }

    @Test
    void shouldAddGuestsTogether() {
        final DelayCounts sum = counts(1, 0, 0);
        sum.add(List.of());
        assertEquals(1.535, sum.since(new DelayCounts()).p50(), 1e-9);
    }

    @Test
    void shouldKnowNothingOfAnEmptyWindow() {
        assertEquals(Run.Delay.NONE, counts(5, 5, 5).since(counts(5, 5, 5)));
    }
}
