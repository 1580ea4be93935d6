package io.virtuoso.bench.stat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CaseSummaryTest {
    private static final Pair NEAR = new Pair(Runs.run(100, 2, Runs.NEAR), Runs.run(300, 2, Runs.NEAR));
    private static final Pair FAR = new Pair(Runs.run(40, 2, Runs.FAR), Runs.run(200, 2, Runs.FAR));
    private static final Pair MOVED = new Pair(Runs.run(100, 2, Runs.NEAR), Runs.run(100, 2, Runs.FAR));
    private static final Pair DISTURBED = new Pair(Runs.run(100, 1, Runs.NEAR), Runs.disturbed(90, 1, Runs.NEAR));

    @Test
    void shouldKeepPlacementsApart() {
        final List<CaseSummary> summaries = CaseSummary.of(List.of(FAR, NEAR, NEAR));
        assertEquals(
                List.of(Placement.NEAR, Placement.FAR),
                summaries.stream().map(CaseSummary::placement).toList());
        assertEquals(2, summaries.getFirst().pairs().size());
        assertEquals(3, summaries.getFirst().ratio(Pair::rateRatio).median());
        assertEquals(5, summaries.getLast().ratio(Pair::rateRatio).median());
    }

    @Test
    void shouldFormRatiosWithinPairs() {
        final Pair faster = new Pair(Runs.run(200, 2, Runs.NEAR), Runs.run(400, 1, Runs.NEAR));
        final CaseSummary summary = CaseSummary.of(List.of(NEAR, faster)).getFirst();
        assertEquals(new Spread(2.5, 2, 3, 2), summary.ratio(Pair::rateRatio));
        assertEquals(0.25, summary.ratio(Pair::cpuRatio).min(), 1e-12);
        assertEquals(1, summary.latencyRatio(Run.Latency::p99).median());
    }

    @Test
    void shouldNotCountMovedOrDisturbedPairs() {
        final List<CaseSummary> summaries = CaseSummary.of(List.of(MOVED, NEAR, DISTURBED));
        assertEquals(1, summaries.size());
        assertTrue(summaries.getFirst().counted());
        assertEquals(List.of(NEAR), summaries.getFirst().pairs());
    }

    @Test
    void shouldCountAPairOnlyIfItsThirdRunIsLikeTheOthers() {
        final Run near = Runs.run(100, 2, Runs.NEAR);
        final Pair same = new Pair(near, near, Optional.of(Runs.run(90, 2, Runs.NEAR)));
        final Pair moved = new Pair(near, near, Optional.of(Runs.run(10, 2, Runs.FAR)));
        final Pair disturbed = new Pair(near, near, Optional.of(Runs.disturbed(10, 2, Runs.NEAR)));
        final CaseSummary summary =
                CaseSummary.of(List.of(same, moved, disturbed)).getFirst();
        assertEquals(List.of(same), summary.pairs());
        assertEquals(90, summary.budgets().orElseThrow().rate().median());
        assertTrue(CaseSummary.of(List.of(NEAR)).getFirst().budgets().isEmpty());
    }

    @Test
    void shouldNotTakeTheKernelsOwnWorkForADisturbance() {
        final Pair pair = new Pair(Runs.withInterrupts(100, 1, Runs.NEAR), Runs.run(90, 1, Runs.NEAR));
        assertTrue(CaseSummary.of(List.of(pair)).getFirst().counted());
    }

    @Test
    void shouldStillShowACaseWithoutComparablePairs() {
        final CaseSummary summary = CaseSummary.of(List.of(MOVED, DISTURBED)).getFirst();
        assertFalse(summary.counted());
        assertEquals(2, summary.pairs().size());
        assertEquals(1, summary.disturbed());
    }

    @Test
    void shouldCountRunsOverAWireThatKeptItsTimesWhateverTheProcessorsDid() {
        final Pair pair = new Pair(Runs.overWire(100, 0.001), Runs.overWire(90, 0));
        final CaseSummary summary = CaseSummary.of(List.of(pair)).getFirst();
        assertTrue(summary.counted());
        assertEquals(Placement.ANY, summary.placement());
        assertEquals(0.987, summary.kernel().fairness().median());
    }

    @Test
    void shouldNotCountRunsOverAWireThatWasLate() {
        final Pair pair = new Pair(Runs.overWire(100, 0), Runs.overWire(90, 0.02));
        assertFalse(CaseSummary.of(List.of(pair)).getFirst().counted());
    }

    @Test
    void shouldGiveProcessorTimeForEachOperation() {
        final CaseSummary summary = CaseSummary.of(List.of(NEAR)).getFirst();
        assertEquals(0.02, summary.kernel().machine().median(), 1e-12);
        assertEquals(0.01, summary.kernel().client().median(), 1e-12);
        assertEquals(0, summary.kernel().host().median());
    }

    @Test
    void shouldHaveNoSummaryWithoutPairs() {
        assertTrue(CaseSummary.of(List.of()).isEmpty());
    }
}
