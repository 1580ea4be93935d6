package io.virtuoso.bench.side;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.bench.stat.DelayCounts;
import io.virtuoso.bench.stat.Run;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ControlClientTest {
    private static final String ANSWER = """
            time 1 cores 1 system 2 waiting 3
            guest client-0-0 weight 1 cpu 5 core 0 in 1 1 out 1 1 frames 0 0 0 delays 0 0 0 4 0
            guest client-0-01 weight 1 cpu 5 core 0 in 1 1 out 1 1 frames 0 0 0 delays 0 0 0 0 0 0 0 0 9
            guest server-0-0 weight 1 cpu 5 core 0 in 1 1 out 1 1 frames 0 0 0 delays 0 0 0 1 5
            """;

    @Test
    void shouldAddTheDelaysOfTheGuestsAskedFor() {
        final DelayCounts counts = ControlClient.delays(ANSWER, Set.of("client-0-0", "server-0-0"));
        final Run.Delay delay = counts.since(new DelayCounts());
        assertEquals(0.003, delay.p50(), 1e-9);
        assertEquals(0.005, delay.p99(), 1e-9);
    }

    @Test
    void shouldKnowNothingOfGuestsThatWereNeverThere() {
        final DelayCounts counts = ControlClient.delays(ANSWER, Set.of("client-1-0"));
        assertEquals(Run.Delay.NONE, counts.since(new DelayCounts()));
    }
}
