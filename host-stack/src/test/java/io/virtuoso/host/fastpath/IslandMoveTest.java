package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Islands that go from core to core at any time, while their guests and machines on their wires send and receive:
 * stepped by hand in a random order, in virtual time. {@code -Dvirtuoso.test.seeds=N} does more.
 */
class IslandMoveTest {
    private static final int SEEDS = Integer.getInteger("virtuoso.test.seeds", 60);
    private static final long TARGET = 100_000;
    private static final int MOST_STEPS = 200_000;
    private static final int NOBODY = -1;

    /** Cores and islands of one seed. */
    private static final class World implements AutoCloseable {
        private final SplittableRandom random;
        private final List<Tenant> tenants = new ArrayList<>();
        /** Null if each tenant has a wire of its own. */
        private final Carrier carrier;

        private final FastPathCore[] cores;
        private final boolean[] asleep;
        private final long[] cpuNs;
        private final CoreTable table;
        private final boolean balanced;
        private int running;
        private long nowNs = 1_000_000_000;
        private long moves;

        World(long seed, boolean tunnelled) throws IOException {
            random = new SplittableRandom(seed);
            balanced = random.nextBoolean();
            cores = new FastPathCore[1 + random.nextInt(4)];
            asleep = new boolean[cores.length];
            cpuNs = new long[cores.length];
            table = new CoreTable(cores.length);
            for (int i = 0; i < cores.length; i++) {
                final int core = i;
                cores[i] = new FastPathCore(i, cores, table, 1, this::look, () -> cpuNs[core], 20_000, () -> {});
            }
            final int islands = 1 + random.nextInt(4);
            carrier = tunnelled ? new Carrier(islands, this::look) : null;
            for (int i = 0; i < islands; i++) {
                final SplittableRandom its = random.split();
                tenants.add(tunnelled ? carrier.tenant(i, its) : new Tenant(i, this::look, its));
                cores[random.nextInt(cores.length)].begin(tenants.get(i).island);
            }
            if (tunnelled) {
                cores[random.nextInt(cores.length)].begin(carrier.island);
            }
        }

        /** Looking at the clock takes time, and CPU time of the core that does it. */
        private long look() {
            nowNs += 40;
            if (running != NOBODY) {
                cpuNs[running] += 40;
            }
            return nowNs;
        }

        /** Guests and machines do something, in no core's time. */
        private void step(Tenant tenant, long target) {
            running = NOBODY;
            tenant.step(target);
            if (carrier != null) {
                carrier.step();
            }
        }

        private void step(int core) {
            running = core;
            final FastPathCore it = cores[core];
            if (asleep[core]) {
                if (it.bed().look() || it.deadlineNs() - nowNs <= 0) {
                    asleep[core] = false;
                    it.getUp();
                }
            } else if (it.doWork() == 0 && (table.islands(core) == 0 || random.nextInt(4) == 0)) {
                asleep[core] = it.lieDown();
            }
        }

        private void move() {
            final int which = random.nextInt(tenants.size() + (carrier == null ? 0 : 1));
            final Island island = which == tenants.size() ? carrier.island : tenants.get(which).island;
            final FastPathCore owner = island.core();
            if (owner != null && !asleep[owner.number()]) {
                running = owner.number();
                if (owner.give(island, random.nextInt(cores.length))) {
                    moves++;
                }
            }
        }

        void run() {
            for (int core = 0; core < cores.length; core++) {
                step(core);
            }
            for (Tenant tenant : tenants) {
                running = tenant.island.core().number();
                tenant.begin();
            }
            for (int step = 0; step < 100; step++) {
                step(random.nextInt(cores.length));
                tenants.forEach(tenant -> step(tenant, 0));
            }
            tenants.forEach(Tenant::connect);
            int steps = 0;
            while (!tenants.stream().allMatch(tenant -> tenant.isDone(TARGET))) {
                assertTrue(steps++ < MOST_STEPS, () -> "somebody waits for ever: " + tenants);
                step(random.nextInt(cores.length));
                if (random.nextInt(4) == 0) {
                    nowNs += random.nextInt(30_000);
                    step(tenants.get(random.nextInt(tenants.size())), TARGET);
                }
                if (!balanced && random.nextInt(10) == 0) {
                    move();
                }
            }
        }

        void check() {
            for (int round = 0; round < 3; round++) {
                for (int core = 0; core < cores.length; core++) {
                    asleep[core] = false;
                    running = core;
                    cores[core].doWork(); // what is under way arrives
                }
            }
            long billed = 0;
            for (Tenant tenant : tenants) {
                running = tenant.island.core().number();
                tenant.island.ledger().correct();
                tenant.check();
            }
            if (carrier != null) {
                running = carrier.island.core().number();
                carrier.island.ledger().correct();
                carrier.check();
                billed += carrier.billedNs();
                assertTrue(carrier.billedToGuestsNs() > 0, "nobody pays for what is carried");
            }
            for (Tenant tenant : tenants) {
                billed += tenant.billedNs();
            }
            long used = 0;
            for (long cpu : cpuNs) {
                used += cpu;
            }
            assertEquals(used, billed, 0.02 * used + 2_000, "bills");
            int islands = 0;
            for (int core = 0; core < cores.length; core++) {
                islands += table.islands(core);
            }
            assertEquals(tenants.size() + (carrier == null ? 0 : 1), islands);
        }

        @Override
        public void close() {
            tenants.forEach(Tenant::close);
            if (carrier != null) {
                carrier.close();
            }
            for (FastPathCore core : cores) {
                core.close();
            }
        }
    }

    @Test
    void shouldLoseAndReorderNothing() throws IOException {
        run(false);
    }

    /** An underlay that all networks share moves, too, and frames are in the rings between it and these. */
    @Test
    void shouldLoseAndReorderNothingByTunnels() throws IOException {
        run(true);
    }

    private static void run(boolean tunnelled) throws IOException {
        long moves = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            try (World world = new World(seed, tunnelled)) {
                world.run();
                world.check();
                moves += world.moves;
            } catch (final AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertTrue(moves > SEEDS, "only " + moves + " moves");
        System.out.println(SEEDS + " seeds, " + moves + " moves");
    }
}
