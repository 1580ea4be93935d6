package io.virtuoso.host.fastpath;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the fast-path cores know of each other: how busy each is, written by that core once a millisecond while it is
 * awake, and by whoever gives it an island. Nothing is handed over here, only numbers: a value that is a moment old
 * makes a decision a little worse, never wrong. Any thread.
 */
final class CoreTable {
    /** A core that said nothing for so long sleeps: it has no load. */
    static final long STALE_NS = 5_000_000;

    private static final double LOAD_UNITS = 1e6;
    /** One core's numbers have two cache lines of their own. */
    private static final int STRIDE = 16;

    private static final int LOAD = 0;
    private static final int TIME = 1;
    private static final int ISLANDS = 2;
    private static final int GUESTS_AWAKE = 3;
    private static final int MOVED = 4;
    private static final int BUSY = 5;
    private static final int MOVES = 6;

    private final int cores;
    private final AtomicLongArray numbers;
    private final AtomicBoolean deciding = new AtomicBoolean();

    /** @param cores how many there may be */
    CoreTable(int cores) {
        this.cores = cores;
        this.numbers = new AtomicLongArray((cores + 1) * STRIDE);
    }

    /** @return how many cores there may be */
    int cores() {
        return cores;
    }

    private long get(int core, int number) {
        return numbers.getOpaque(core * STRIDE + number);
    }

    private void set(int core, int number, long value) {
        numbers.setOpaque(core * STRIDE + number, value);
    }

    /** @return part of a core's time that it works, 0 to about 1 */
    double load(int core, long nowNs) {
        return nowNs - get(core, TIME) > STALE_NS ? 0 : get(core, LOAD) / LOAD_UNITS;
    }

    /** @return islands that a core has, or is about to get */
    int islands(int core) {
        return (int) get(core, ISLANDS);
    }

    /** @return nanoseconds that a core has worked since the start */
    long busyNs(int core) {
        return get(core, BUSY);
    }

    /** @return islands that a core has given to others since the start */
    long moves(int core) {
        return get(core, MOVES);
    }

    /** @return when an island went to or from a core */
    long movedNs(int core) {
        return get(core, MOVED);
    }

    /** @return cores that have an island */
    int used() {
        int used = 0;
        for (int core = 0; core < cores; core++) {
            used += islands(core) > 0 ? 1 : 0;
        }
        return used;
    }

    /**
     * A core says how busy it was lately.
     *
     * @param spentNs what it has worked since it said so before
     */
    void report(int core, long nowNs, double load, long spentNs) {
        set(core, LOAD, (long) (load * LOAD_UNITS));
        set(core, BUSY, get(core, BUSY) + spentNs);
        set(core, TIME, nowNs);
    }

    /** A core says how many guest threads that it serves run; -1: it sleeps. */
    void guestsAwake(int core, int guests) {
        set(core, GUESTS_AWAKE, guests + 1L);
    }

    /** @return threads that run as far as is known, but for one core and its guests: other cores and their guests */
    int othersAwake(int core) {
        int awake = 0;
        for (int other = 0; other < cores; other++) {
            awake += other == core ? 0 : (int) get(other, GUESTS_AWAKE);
        }
        return awake;
    }

    /** An island begins at a core. */
    void add(int core) {
        numbers.addAndGet(core * STRIDE + ISLANDS, 1);
    }

    /**
     * Islands go from one core to another; both are known to be that much less and more busy at once.
     *
     * @param load of the islands together
     */
    void move(int from, int to, int count, double load, long nowNs) {
        final double before = load(to, nowNs);
        set(to, LOAD, (long) ((before + load) * LOAD_UNITS));
        set(to, TIME, nowNs);
        set(to, MOVED, nowNs);
        set(from, LOAD, (long) (Math.max(0, load(from, nowNs) - load) * LOAD_UNITS));
        set(from, MOVED, nowNs);
        set(from, MOVES, get(from, MOVES) + count);
        numbers.addAndGet(from * STRIDE + ISLANDS, -count);
        numbers.addAndGet(to * STRIDE + ISLANDS, count);
    }

    /** @return true if nobody decides at the moment; then the caller does until {@link #decided} */
    boolean tryDecide() {
        return deciding.compareAndSet(false, true);
    }

    void decided() {
        deciding.set(false);
    }
}
