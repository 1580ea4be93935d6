package io.virtuoso.host.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.net.WirePath;
import org.junit.jupiter.api.Test;

/** What a flood costs, as branches taken in the classes under test. */
class FloodCostTest {
    /** Asking three times, giving up and making room: what a station costs however many there are. */
    private static final int MOST_FOR_A_STATION = 400;

    private final FuzzTarget flood =
            new FuzzClassLoader(WirePath.class).newTarget("io.virtuoso.host.net.NeighbourFlood");

    private int cost(int stations) {
        EdgeCounts.clear();
        flood.run(new FuzzInput(new byte[] {(byte) (stations >> 8), (byte) stations}));
        return EdgeCounts.taken();
    }

    @Test
    void shouldCostTheSameForEachStationHoweverManyThereAre() {
        int few = cost(1_000);
        int many = cost(21_000) - cost(11_000); // the table is full
        assertTrue(few > 1_000, "nothing is counted");
        assertTrue(few / 1_000 < MOST_FOR_A_STATION, "with few " + few / 1_000);
        assertTrue(many / 10_000 < MOST_FOR_A_STATION, "with many " + many / 10_000);
    }
}
