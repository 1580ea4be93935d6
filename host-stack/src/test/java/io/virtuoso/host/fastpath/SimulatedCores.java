package io.virtuoso.host.fastpath;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Cores in virtual time, a millisecond at a time: islands want parts of a core that change, a core that is asked for
 * more than it has serves all alike, and what it does not serve waits. {@link Balancer} and {@link CoreTable} are the
 * real ones.
 */
final class SimulatedCores {
    /** What a move costs the core that takes the island: a wake-up, and memory that is in no cache. */
    private static final double MOVE_COST = 0.05;

    /** What waits longer than so many ticks of a whole core is given up, as by senders that slow down. */
    private static final double MOST_WAITING = 20;

    final CoreTable table;
    private final Balancer[] balancers;
    private final List<List<Demand>> owned = new ArrayList<>();
    private final List<Demand> tenants = new ArrayList<>();
    private final double[] overhead;
    private long nowNs = 1_000_000_000;
    private double demanded;
    private double served;
    private double waitingTicks;
    private long used;
    private long ticks;

    /** One island's demand. */
    static final class Demand {
        /** Part of a core that it wants. */
        double wanted;

        private double waiting;
        private long changesAtTick;
    }

    SimulatedCores(int cores, int least) {
        table = new CoreTable(cores);
        balancers = new Balancer[cores];
        overhead = new double[cores];
        for (int i = 0; i < cores; i++) {
            balancers[i] = new Balancer(table, i, least);
            owned.add(new ArrayList<>());
        }
    }

    Demand add(int core, double demand) {
        final Demand tenant = new Demand();
        tenant.wanted = demand;
        tenants.add(tenant);
        owned.get(core).add(tenant);
        table.add(core);
        return tenant;
    }

    /** Demands change: most are small, some are large, each for some tens or hundreds of milliseconds. */
    void change(SplittableRandom random, double mean) {
        for (Demand tenant : tenants) {
            if (ticks >= tenant.changesAtTick) {
                final double one = random.nextDouble();
                tenant.wanted = random.nextInt(3) == 0 ? 0 : Math.min(0.8, mean * 1.5 * -Math.log(1 - one));
                tenant.changesAtTick = ticks + 20 + random.nextInt(400);
            }
        }
    }

    void tick() {
        ticks++;
        nowNs += Balancer.TICK_NS;
        for (int core = 0; core < balancers.length; core++) {
            serve(core);
        }
        for (int core = 0; core < balancers.length; core++) {
            used += owned.get(core).isEmpty() ? 0 : 1;
        }
        for (Demand tenant : tenants) {
            waitingTicks += tenant.waiting;
        }
    }

    private void serve(int core) {
        final List<Demand> its = owned.get(core);
        final double[] loads = new double[its.size()];
        double left = 1 - overhead[core];
        overhead[core] = 0;
        for (Demand tenant : its) {
            tenant.waiting = Math.min(MOST_WAITING, tenant.waiting + tenant.wanted);
            demanded += tenant.wanted;
        }
        int wanting = its.size();
        while (left > 1e-9 && wanting > 0) {
            final double share = left / wanting;
            wanting = 0;
            for (int i = 0; i < loads.length; i++) {
                final double taken = Math.min(share, its.get(i).waiting);
                its.get(i).waiting -= taken;
                loads[i] += taken;
                left -= taken;
                wanting += its.get(i).waiting > 1e-9 ? 1 : 0;
            }
        }
        double load = 0;
        for (double part : loads) {
            load += part;
        }
        served += load;
        if (load > 0) { // a core without work sleeps, and says nothing
            table.report(core, nowNs, load, (long) (load * Balancer.TICK_NS));
            if (balancers[core].decide(nowNs, Balancer.TICK_NS, loads, loads.length) > 0) {
                final int target = balancers[core].target();
                for (int i = loads.length - 1; i >= 0; i--) {
                    if (balancers[core].isChosen(i)) {
                        owned.get(target).add(its.remove(i));
                        overhead[target] = Math.min(1, overhead[target] + MOVE_COST);
                    }
                }
            }
        }
    }

    int islands(int core) {
        return owned.get(core).size();
    }

    long moves() {
        long moves = 0;
        for (int core = 0; core < balancers.length; core++) {
            moves += table.moves(core);
        }
        return moves;
    }

    double usedOnAverage() {
        return (double) used / ticks;
    }

    double demandOnAverage() {
        return demanded / ticks;
    }

    double servedPart() {
        return served / demanded;
    }

    /** @return how long work waits on average, in milliseconds */
    double waitMillis() {
        return waitingTicks / served;
    }

    long ticks() {
        return ticks;
    }
}
