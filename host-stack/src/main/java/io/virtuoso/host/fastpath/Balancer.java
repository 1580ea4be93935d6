package io.virtuoso.host.fastpath;

import java.util.Arrays;

/**
 * Decides for one core, once a millisecond, whether to give islands to another core (docs/adr/0024). A core that has
 * more work than it should gives what makes the busier of both least busy, to a core that is in use if that has room,
 * else to one that was not: so cores start at once when they are needed. A core whose work would leave another one half
 * idle gives it all its islands, but only if that has been so for a while: so cores stop, and do not come and go. No
 * core takes anything from another. That core's thread only.
 */
final class Balancer {
    private static final int NONE = -1;

    /** Most islands that are given at once: each takes a few system calls. */
    private static final int MOST = 64;

    /** How often to decide. */
    static final long TICK_NS = 1_000_000;

    /** A core that is busier than this has too much to do. */
    static final double HIGH = 0.85;

    /** Two cores that together have less to do than this are one too many. */
    static final double LOW = 0.5;

    /** For how long it must have been so. */
    static final long LOW_NS = 50_000_000;

    /** After an island came or went, loads are measured anew for so long. */
    static final long REST_NS = 3_000_000;

    /** The busier of two cores must become less busy by so much. */
    private static final double GAIN = 0.05;

    private final CoreTable table;
    private final int core;
    private final int least;
    private long lowNs;
    private int target;
    private boolean[] chosen = new boolean[4];
    private int chosenCount;
    private double chosenLoad;

    /**
     * @param core  its number
     * @param least cores that stay in use, if there are as many islands
     */
    Balancer(CoreTable table, int core, int least) {
        this.table = table;
        this.core = core;
        this.least = least;
    }

    /** @return to whom to give what {@link #decide} says */
    int target() {
        return target;
    }

    /**
     * Decides; what it says must be done: {@link #isChosen} says which islands.
     *
     * @param elapsedNs since it was asked before
     * @param loads of the islands that this core has: parts of that time
     * @param count how many there are
     * @return how many to give to {@link #target}
     */
    int decide(long nowNs, long elapsedNs, double[] loads, int count) {
        double own = 0;
        for (int i = 0; i < count; i++) {
            own += loads[i];
        }
        final boolean spread = own >= HIGH && count > 1;
        lowNs = !spread && count > 0 && own <= LOW && isRoomBelow(nowNs, own) ? lowNs + elapsedNs : 0;
        final boolean gather = lowNs >= LOW_NS;
        final boolean rested = nowNs - table.movedNs(core) >= REST_NS;
        if (!gather && !(spread && rested) || !table.tryDecide()) {
            return 0;
        }
        try {
            choose(nowNs, own, loads, count, spread);
            if (chosenCount > 0) {
                table.move(core, target, chosenCount, chosenLoad, nowNs);
            }
            return chosenCount;
        } finally {
            table.decided();
        }
    }

    private void choose(long nowNs, double own, double[] loads, int count, boolean spread) {
        if (chosen.length < count) {
            chosen = new boolean[2 * count];
        }
        if (spread) {
            spread(nowNs, own, loads, count);
        } else if (isRoomBelow(nowNs, own)) {
            choose(Double.MAX_VALUE, loads, count);
        } else {
            chosenCount = 0;
        }
    }

    private void spread(long nowNs, double own, double[] loads, int count) {
        final int busy = leastBusy(nowNs);
        final int unused = unused();
        target = busy;
        double peak = busy == NONE ? Double.MAX_VALUE : best(own, table.load(busy, nowNs), loads, count);
        if (unused != NONE && peak >= HIGH) {
            target = unused;
            peak = best(own, 0, loads, count);
        }
        if (peak > own - GAIN) {
            chosenCount = 0;
        }
    }

    /** Chooses what makes the busier of two cores least busy, about. @return how busy that is */
    private double best(double own, double other, double[] loads, int count) {
        double peak = Double.MAX_VALUE;
        int single = NONE;
        for (int i = 0; i < count; i++) {
            final double busier = Math.max(own - loads[i], other + loads[i]);
            if (busier < peak) {
                peak = busier;
                single = i;
            }
        }
        choose((own - other) / 2, loads, count);
        final double several = Math.max(own - chosenLoad, other + chosenLoad);
        if (chosenCount > 0 && several <= peak) {
            return several;
        }
        Arrays.fill(chosen, 0, count, false);
        chosen[single] = true;
        chosenCount = 1;
        chosenLoad = loads[single];
        return peak;
    }

    /** Chooses islands that together have no more than so much to do. */
    private void choose(double most, double[] loads, int count) {
        chosenCount = 0;
        chosenLoad = 0;
        for (int i = 0; i < count; i++) {
            chosen[i] = chosenCount < MOST && chosenLoad + loads[i] <= most && (loads[i] > 0 || most > 1);
            if (chosen[i]) {
                chosenCount++;
                chosenLoad += loads[i];
            }
        }
    }

    /** @return true if the last decision was to give this one */
    boolean isChosen(int island) {
        return chosen[island];
    }

    /** @return the least busy of the other cores in use that have rested */
    private int leastBusy(long nowNs) {
        int found = NONE;
        for (int other = 0; other < table.cores(); other++) {
            final boolean rested = nowNs - table.movedNs(other) >= REST_NS;
            if (other != core && table.islands(other) > 0 && rested) {
                found = found == NONE || table.load(other, nowNs) < table.load(found, nowNs) ? other : found;
            }
        }
        return found;
    }

    private int unused() {
        for (int other = 0; other < table.cores(); other++) {
            if (table.islands(other) == 0 && other != core) {
                return other;
            }
        }
        return NONE;
    }

    /** Two cores must not give to each other: islands go to lower numbers only. */
    private boolean isRoomBelow(long nowNs, double own) {
        if (table.used() <= least) {
            return false;
        }
        target = NONE;
        for (int other = 0; other < core; other++) {
            final double load = table.load(other, nowNs);
            if (table.islands(other) > 0 && own + load <= LOW && (target == NONE || load > table.load(target, nowNs))) {
                target = other;
            }
        }
        return target != NONE;
    }
}
