package io.virtuoso.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.stat.Run;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TenantLoadTest {
    private static final Sample SAMPLE = new Sample(5, 1, 0, Run.Latency.NONE, new Run.Cpu(0, 0, 0, 0, 0, 0));

    private final List<Double> starts = new ArrayList<>();

    private Sample late(final double start, final double needed) throws BenchException {
        starts.add(start);
        if (start < needed) {
            throw new TooLateException("ready only after --begin");
        }
        return SAMPLE;
    }

    @Test
    void shouldBeginInTheUsualTimeIfThatIsEnough() throws BenchException {
        assertSame(SAMPLE, TenantLoad.inTime(1.5, start -> late(start, 1)));
        assertEquals(List.of(1.5), starts);
    }

    @Test
    void shouldGiveABusyMachineTwiceTheTime() throws BenchException {
        assertSame(SAMPLE, TenantLoad.inTime(1.5, start -> late(start, 5)));
        assertEquals(List.of(1.5, 3.0, 6.0), starts);
    }

    @Test
    void shouldGiveUpAtLast() {
        assertThrows(TooLateException.class, () -> TenantLoad.inTime(20, start -> late(start, 1000)));
        assertEquals(List.of(20.0, 40.0, 80.0), starts);
    }
}
