package io.virtuoso.bench.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.bench.load.Load;
import io.virtuoso.bench.load.Sample;
import io.virtuoso.bench.load.Setting;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.stat.Run;
import org.junit.jupiter.api.Test;

class StationTest {
    /** Does nothing in its first runs. */
    private static final class SlowLoad implements Load {
        private final int idleRuns;
        private int runs;

        SlowLoad(final int idleRuns) {
            this.idleRuns = idleRuns;
        }

        @Override
        public Sample run(final Setting setting) {
            final int operations = runs++ < idleRuns ? 0 : 7;
            return new Sample(operations, 0.2, 0, Run.Latency.NONE, new Run.Cpu(0, 0, 0, 0, 0, 0));
        }

        @Override
        public String describe() {
            return "slow";
        }
    }

    @Test
    void shouldRunAgainUntilSomethingIsDone() throws BenchException {
        final SlowLoad load = new SlowLoad(2);
        assertEquals(7, Station.measure(load, null, 20).operations());
        assertEquals(3, load.runs);
    }

    @Test
    void shouldNotRunAgainWhereEachRunCounts() throws BenchException {
        final SlowLoad load = new SlowLoad(2);
        assertEquals(0, Station.measure(load, null, 1).operations());
        assertEquals(1, load.runs);
    }

    @Test
    void shouldGiveUpAtLast() throws BenchException {
        assertEquals(0, Station.measure(new SlowLoad(1000), null, 20).operations());
    }
}
