package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** When cores start, stop and give islands to each other. */
class BalancerTest {
    private static final Path TABLE = Path.of("src/test/resources/elastic-cores.txt");

    private static void run(SimulatedCores cores, int ticks) {
        for (int i = 0; i < ticks; i++) {
            cores.tick();
        }
    }

    @Test
    void shouldStartACoreWithinAMillisecondOfTooMuchWork() {
        final SimulatedCores cores = new SimulatedCores(4, 1);
        cores.add(0, 0.5);
        cores.add(0, 0.5);
        run(cores, 1);
        assertEquals(2, cores.table.used());
        assertEquals(1, cores.islands(0));
    }

    @Test
    void shouldUseACoreThatHasRoomBeforeAnother() {
        final SimulatedCores cores = new SimulatedCores(4, 1);
        cores.add(0, 0.6);
        cores.add(0, 0.3);
        cores.add(1, 0.2);
        run(cores, 100);
        assertEquals(2, cores.table.used());
        assertEquals(1, cores.moves());
    }

    @Test
    void shouldKeepWhatOneIslandAloneNeeds() {
        final SimulatedCores cores = new SimulatedCores(4, 1);
        cores.add(0, 2.0);
        run(cores, 100);
        assertEquals(0, cores.moves());
    }

    @Test
    void shouldStopACoreOnlyAfterAWhileOfLittleWork() {
        final SimulatedCores cores = new SimulatedCores(4, 1);
        cores.add(0, 0.1);
        cores.add(1, 0.1);
        cores.add(1, 0.1);
        run(cores, 45);
        assertEquals(0, cores.moves());
        run(cores, 10);
        assertEquals(1, cores.table.used());
        assertEquals(3, cores.islands(0));
    }

    @Test
    void shouldKeepTheCoresThatAreToStay() {
        final SimulatedCores cores = new SimulatedCores(4, 2);
        cores.add(0, 0.1);
        cores.add(1, 0.1);
        run(cores, 500);
        assertEquals(2, cores.table.used());
        assertEquals(0, cores.moves());
    }

    @Test
    void shouldComeToRestUnderSteadyLoad() {
        final SplittableRandom random = new SplittableRandom(7);
        for (int seed = 0; seed < 200; seed++) {
            final SimulatedCores cores = new SimulatedCores(1 + random.nextInt(16), 1);
            final int islands = 1 + random.nextInt(40);
            for (int i = 0; i < islands; i++) {
                cores.add(0, random.nextDouble() * 0.4);
            }
            run(cores, 3000);
            final long moves = cores.moves();
            run(cores, 2000);
            assertTrue(cores.moves() - moves <= 2, "seed " + seed + ": " + (cores.moves() - moves) + " moves at rest");
        }
    }

    /** The cost model, compared with the table in the repository: a change must say why. */
    @Test
    void shouldScaleAsTheTableSays() throws IOException {
        final StringBuilder table = new StringBuilder("""
                Cores in simulation (SimulatedCores): islands that want changing parts of a core, for 10 s.
                A move costs 50 us. "demand" and "used" are cores on average; "wait" is how long work waits;
                "moves" are each second.

                cores  islands  demand    used  served   wait ms   moves
                """);
        for (int cores = 1; cores <= 64; cores *= 2) {
            for (double part : new double[] {0.1, 0.4, 0.7}) {
                table.append(row(cores, part));
            }
        }
        if (Boolean.getBoolean("snapshot.approve")) {
            Files.writeString(TABLE, table);
        }
        assertEquals(Files.readString(TABLE), table.toString(), "approve with -Dsnapshot.approve=true, and say why");
    }

    private static String row(int most, double part) {
        final SplittableRandom random = new SplittableRandom(most * 10L);
        final SimulatedCores cores = new SimulatedCores(most, 1);
        final int islands = 10 * most;
        for (int i = 0; i < islands; i++) {
            cores.add(0, 0);
        }
        for (int i = 0; i < 10_000; i++) {
            cores.change(random, part * most / islands);
            cores.tick();
        }
        return String.format(
                Locale.ROOT,
                "%5d  %7d  %6.2f  %6.2f  %5.1f%%  %8.2f  %6.0f%n",
                most,
                islands,
                cores.demandOnAverage(),
                cores.usedOnAverage(),
                100 * cores.servedPart(),
                cores.waitMillis(),
                cores.moves() / (cores.ticks() / 1e3));
    }
}
