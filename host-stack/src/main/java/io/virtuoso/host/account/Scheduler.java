package io.virtuoso.host.account;

import java.util.Arrays;

/**
 * Who is served next on one fast-path core (docs/adr/0020): of the guests that have work, the one whose virtual time is
 * furthest behind, for a slice of time; so each gets time in proportion to its weight while it has work, what one does not
 * use is the others', and a guest that used less than its share does not wait for those that want more. While only one
 * guest has work the clock is not read. Stack thread only; allocates only when it grows.
 */
public final class Scheduler {
    /**
     * A guest is served for so long, and the batch that is under way then, before others get their turn; {@link #LOOK_NS} on
     * a processor that is the host stack's alone.
     */
    public static final long SLICE_NS = 20_000;

    /** After so long it is the turn of all else that a pass does: ports, deadlines, messages. */
    public static final long PASS_NS = 50_000;

    /** The same on a processor that is the host stack's alone, where the core has other islands to serve. */
    public static final long SHARED_PASS_NS = 10_000;

    /** After so long new commands are looked for, between two batches, on a processor that is the host stack's alone. */
    public static final long LOOK_NS = 5_000;

    /** These looks take at most one part in so many of the time, however much there is to look at. */
    static final int LOOK_COST = 32;

    /** How far a guest may be behind when it comes with work after it had none, divided by its weight. */
    static final long CREDIT_NS = 50_000;

    /** A guest that was the only one for so long is alone. */
    private static final long ALONE_AFTER_NS = 1_000_000;

    /** Puts those whose reserved time is not used up before all others. */
    private static final double RESERVED_FIRST_NS = 1e18;

    /** Commands between two looks at the clock, on a processor of its own: they take about as long as {@link #LOOK_NS}. */
    static final int BATCH_BETWEEN_LOOKS = 8;

    private final Ledger ledger;
    private Runnable look;
    private Runnable tell;
    private Pace pace = Pace.USUAL;
    private long passNs = PASS_NS;
    private Turn[] heap = new Turn[16];
    private int size;
    private Turn[] limited = new Turn[4];
    private int limitedCount;
    private double virtualNs;
    private double farthestNs;
    private double levelNs = -Double.MAX_VALUE;
    private long nextLookNs;
    private long lastLookTookNs;
    private long toldNs;
    private boolean overtaken;
    private boolean reservations;
    private Turn lastTurn;
    private long contestedNs;

    public Scheduler(final Ledger ledger) {
        this.ledger = ledger;
    }

    /**
     * Says what is done while guests are served, so that others need not wait for the end of a pass; and guests take turns
     * in shorter slices, so that whoever has little to do waits little also where it is not behind. For a core with a
     * processor of its own: elsewhere whoever is told may get the processor before those that wait.
     *
     * @param newLook adds guests that have work by now
     * @param newTell tells guests what there is for them
     */
    public void meanwhile(final Runnable newLook, final Runnable newTell) {
        look = newLook;
        tell = newTell;
        pace = Pace.OWN_PROCESSOR;
    }

    /** Says whether the core serves other islands, too, whose guests wait while this one's are served. */
    public void sharesCore(final boolean shared) {
        passNs = shared ? pace.sharedPassNs : PASS_NS;
    }

    /** @return true if somebody has work */
    public boolean isWaiting() {
        return size > 0;
    }

    /** A guest has work; it may be known already. */
    public void add(final Turn turn) {
        if (!turn.isWaiting()) {
            final long nowNs = ledger.sinceNs();
            reservations |= turn.hasReservation();
            if (turn != lastTurn) {
                lastTurn = turn;
                contestedNs = nowNs;
            }
            turn.beginWait(nowNs);
            turn.atLeast(floorNs(turn));
            push(turn, nowNs);
        }
    }

    /** @return how far behind a guest may be that comes with work */
    private double floorNs(final Turn turn) {
        return Math.max(virtualNs - (double) CREDIT_NS / turn.account().weight(), levelNs);
    }

    /** @return when a guest with work may be served again that is over its limits; Long.MAX_VALUE if there is none */
    public long nextDeadlineNs() {
        long deadlineNs = Long.MAX_VALUE;
        for (int i = 0; i < limitedCount; i++) {
            deadlineNs = Math.min(deadlineNs, limited[i].resumeNs());
        }
        return deadlineNs;
    }

    private void limit(final Turn turn) {
        if (limitedCount == limited.length) {
            limited = Arrays.copyOf(limited, 2 * limitedCount);
        }
        limited[limitedCount++] = turn;
    }

    private void resumeLimited() {
        for (int i = limitedCount - 1; i >= 0; i--) {
            final Turn turn = limited[i];
            if (turn.resumeNs() - ledger.passNs() <= 0) {
                limited[i] = limited[--limitedCount];
                limited[limitedCount] = null;
                turn.endLimit(ledger.passNs());
                turn.atLeast(floorNs(turn));
                push(turn, ledger.passNs());
            }
        }
    }

    /**
     * Whether a packet for a guest may be served at once. Not if the guest is over its limits of what comes; nor, while
     * others have been served lately, if it is further ahead of them than a slice: then it waits, and is dropped if too
     * many do.
     */
    public boolean mayReceive(final Turn turn) {
        final long nowNs = ledger.passNs();
        if (turn != lastTurn) {
            lastTurn = turn;
            contestedNs = nowNs;
        }
        if (!turn.mayTake(nowNs)) {
            return false;
        }
        if (nowNs - contestedNs > ALONE_AFTER_NS) {
            virtualNs = Math.max(virtualNs, turn.virtualNs());
            return true;
        }
        return turn.virtualNs() - virtualNs <= (double) PASS_NS / turn.account().weight();
    }

    /** Serves those who have work, for a bounded time. @return about how many commands were taken */
    public int run() {
        if (limitedCount > 0) {
            resumeLimited();
        }
        if (size == 0) {
            levelNs = look == null ? levelNs : farthestNs; // nobody waits: nothing is held against whom was served more
            return 0;
        }
        nextLookNs = later(nextLookNs, ledger.passNs() + LOOK_NS);
        return size == 1 ? serveOnly() : serveInTurn();
    }

    private static long later(final long aNs, final long bNs) {
        return aNs - bNs > 0 ? aNs : bNs;
    }

    private int serveOnly() {
        final Turn turn = heap[0];
        final long startNs = ledger.passNs();
        ledger.charge(turn.account());
        turn.served(startNs);
        virtualNs = Math.max(virtualNs, turn.virtualNs());
        int work = 0;
        int done;
        do {
            done = turn.serve(pace.batchAlone);
            work += done;
        } while (done >= pace.batchAlone
                && turn.hasWork()
                && ledger.look() - startNs < passNs
                && mayGoOn(turn)
                && isAlone(turn));
        remove(turn);
        goOn(turn, ledger.sinceNs());
        return work;
    }

    /** A slice that went on over a limit would be paid with a longer wait, but come all at once for whoever it is sent to. */
    private boolean mayGoOn(final Turn turn) {
        return turn.isWithinLimits(ledger.sinceNs());
    }

    private boolean isAlone(final Turn turn) {
        lookIfDue(turn);
        return look == null || size == 1;
    }

    /** Looks for others' commands while a guest is served, if that is due by the time just read. */
    private void lookIfDue(final Turn turn) {
        final long startNs = ledger.sinceNs();
        if (look != null && startNs - nextLookNs >= 0) {
            ledger.chargeFromHere(ledger.system());
            look.run();
            final long endNs = ledger.look();
            ledger.chargeFromHere(turn.account());
            final long tookNs = endNs - startNs;
            nextLookNs =
                    endNs + Math.max(LOOK_NS, LOOK_COST * Math.min(tookNs, lastLookTookNs)); // one may be interrupted
            lastLookTookNs = tookNs;
        }
    }

    /** Puts a guest back that has been served, if it has work left. */
    private void goOn(final Turn turn, final long nowNs) {
        farthestNs = Math.max(farthestNs, turn.virtualNs());
        if (turn.hasWork()) {
            turn.beginWait(nowNs);
            push(turn, nowNs);
        } else {
            turn.endWait();
        }
    }

    /** A guest that has been served may have made work for others, which are in the heap then. */
    private void remove(final Turn turn) {
        for (int i = 0; i < size; i++) {
            if (heap[i] == turn) {
                heap[i] = heap[--size];
                heap[size] = null;
                if (i < size) {
                    siftUp(siftDown(i));
                }
                return;
            }
        }
    }

    private int serveInTurn() {
        ledger.charge(ledger.system()); // what the pass did before is for all of them
        final long endNs = ledger.look() + passNs;
        if (reservations) {
            promoteReserved();
        }
        int work = 0;
        do {
            final Turn turn = pop();
            virtualNs = Math.max(virtualNs, turn.virtualNs());
            turn.served(ledger.sinceNs());
            work += slice(turn);
            goOn(turn, ledger.sinceNs());
            if (size > 0 && mayTell(turn)) {
                ledger.chargeFromHere(ledger.system());
                tell.run();
                toldNs = ledger.look();
                lookIfDue(turn);
            }
        } while (size > 0 && ledger.sinceNs() - endNs < 0);
        return work;
    }

    /**
     * Not after each slice of who has more to do: whom it sends to would be woken for little, and again soon. Nor before
     * who has overtaken it is served: waking takes time.
     */
    private boolean mayTell(final Turn turn) {
        return tell != null && !overtaken && (!turn.hasWork() || ledger.sinceNs() - toldNs >= SLICE_NS);
    }

    /** What is reserved comes with time, while its guest waits. */
    private void promoteReserved() {
        for (int i = 0; i < size; i++) {
            final Turn turn = heap[i];
            final double key = turn.hasReservation() ? key(turn) : turn.key();
            if (key < turn.key()) {
                turn.key(key);
                siftUp(i);
            }
        }
    }

    private int slice(final Turn turn) {
        final long startNs = ledger.sinceNs();
        ledger.chargeFromHere(turn.account());
        overtaken = false;
        int work = 0;
        boolean goesOn;
        do {
            final int done = turn.serve(pace.batch);
            work += done;
            goesOn = ledger.look() - startNs < pace.sliceNs && done > 0 && turn.hasWork() && mayGoOn(turn);
            if (goesOn || size > 0) {
                overtaken = isOvertaken(turn);
                goesOn &= !overtaken;
            }
        } while (goesOn);
        return work;
    }

    /** @return true if somebody has come with work who is further behind than a guest that is served */
    private boolean isOvertaken(final Turn turn) {
        final int before = size;
        lookIfDue(turn);
        return size > before && heap[0].key() < key(turn);
    }

    private void push(final Turn turn, final long nowNs) {
        if (!turn.isWithinLimits(nowNs)) {
            limit(turn);
            return;
        }
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        turn.key(key(turn));
        heap[size] = turn;
        siftUp(size++);
    }

    private double key(final Turn turn) {
        return turn.isReserved(ledger.sinceNs()) ? turn.virtualNs() - RESERVED_FIRST_NS : turn.virtualNs();
    }

    /** @return the one that is furthest behind; its time may have run on since it was put here, by packets or deadlines */
    private Turn pop() {
        while (true) {
            final Turn first = heap[0];
            final double key = key(first);
            if (key <= first.key()) {
                heap[0] = heap[--size];
                heap[size] = null;
                siftDown(0);
                return first;
            }
            first.key(key);
            siftDown(0);
        }
    }

    private int siftUp(final int from) {
        int index = from;
        while (index > 0 && heap[index].key() < heap[index - 1 >>> 1].key()) {
            swap(index, index - 1 >>> 1);
            index = index - 1 >>> 1;
        }
        return index;
    }

    private int siftDown(final int from) {
        int index = from;
        while (true) {
            int child = 2 * index + 1;
            if (child >= size) {
                return index;
            }
            if (child + 1 < size && heap[child + 1].key() < heap[child].key()) {
                child++;
            }
            if (heap[child].key() >= heap[index].key()) {
                return index;
            }
            swap(index, child);
            index = child;
        }
    }

    private void swap(final int a, final int b) {
        final Turn turn = heap[a];
        heap[a] = heap[b];
        heap[b] = turn;
    }

    /**
     * How long guests are served one after the other.
     *
     * @param sharedPassNs how long a pass is where the core has other islands to serve
     * @param batch commands between two looks at the clock, while several have work
     * @param batchAlone the same while one has
     */
    private record Pace(long sliceNs, long sharedPassNs, int batch, int batchAlone) {
        static final Pace USUAL = new Pace(SLICE_NS, PASS_NS, 16, 64);
        static final Pace OWN_PROCESSOR = new Pace(LOOK_NS, SHARED_PASS_NS, BATCH_BETWEEN_LOOKS, BATCH_BETWEEN_LOOKS);
    }
}
