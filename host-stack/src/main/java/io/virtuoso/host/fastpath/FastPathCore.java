package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.CoreTime;
import io.virtuoso.host.control.WakeFd;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.NanoClock;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * One fast-path core: a thread that serves the islands that it owns, and gives them to other cores by message when that
 * is better. An island moves between two passes, with everything that is in it; what is on the way to it waits in its
 * own rings, ports and mailbox, so that nothing is lost or overtaken. Stack thread only, but for {@link #post}.
 */
final class FastPathCore implements Agent {
    /** While some islands are served, it is looked this often whether others woke up. */
    private static final long LOOK_NS = 20_000;

    /** How far an island may be ahead of the others, divided by the weights of its guests. */
    private static final double AHEAD_NS = 50_000;

    private final int number;
    private final CoreTable table;
    private final NanoClock clock;
    private final CoreTime time;
    private final Balancer balancer;
    private final long longestWaitNs;
    private final FastPathCore[] all;
    private final Runnable onStart;
    private final MpscUnboundedVarHandleArrayQueue<Consumer<FastPathCore>> inbox =
            new MpscUnboundedVarHandleArrayQueue<>(64);
    private final WakeFd wake = WakeFd.create();
    private final Sleeper sleeper = new Sleeper();
    private final IntConsumer onRung = this::rung;
    private Island[] islands = new Island[4];
    private double[] loads = new double[4];
    private int count;
    private int awake;
    private double virtualNs;
    private long lookedNs;
    private boolean lookSoon;
    private long tickedNs;

    /**
     * @param number        its index in {@code all}
     * @param all           the cores there may be
     * @param least         how many stay in use
     * @param clock         the time
     * @param cpuTime       CPU time of the thread
     * @param longestWaitNs how long an island is looked after that has nothing to do
     * @param onStart       done first, on the core's thread
     * @throws IOException if the process has no descriptor left
     */
    FastPathCore(
            int number,
            FastPathCore[] all,
            CoreTable table,
            int least,
            NanoClock clock,
            LongSupplier cpuTime,
            long longestWaitNs,
            Runnable onStart)
            throws IOException {
        this.number = number;
        this.all = all;
        this.table = table;
        this.clock = clock;
        this.time = new CoreTime(cpuTime);
        this.balancer = new Balancer(table, number, least);
        this.longestWaitNs = longestWaitNs;
        this.onStart = onStart;
        sleeper.watch(wake.fd(), Sleeper.NOBODY);
    }

    @Override
    public String roleName() {
        return number == 0 ? "fast-path" : "fast-path-" + number;
    }

    @Override
    public void onStart() {
        onStart.run();
    }

    /** @return its index */
    int number() {
        return number;
    }

    /** One of its islands has rung for another, which may be here, too. */
    void lookSoon() {
        lookSoon = true;
    }

    /** @return what all cores know of each other */
    CoreTable table() {
        return table;
    }

    /** Has something done on this core's thread between two passes. Any thread. */
    void post(Consumer<FastPathCore> message) {
        inbox.offer(message);
        wake.ring();
    }

    /** Closes what it sleeps on. When no thread uses it any more. */
    void close() {
        sleeper.close();
        wake.close();
    }

    /** Ends the thread behind everything that was asked of its islands. Any thread. */
    void stop() {
        post(core -> {
            for (int i = 0; i < core.count; i++) {
                while (core.islands[i].agent().drainMailbox() > 0) {
                    // Some at a time: none is to be left.
                }
            }
            throw new AgentTerminationException();
        });
    }

    /** An island begins here. Any thread. */
    void begin(Island island) {
        table.add(number);
        post(core -> core.take(island));
    }

    private void take(Island island) {
        if (count == islands.length) {
            islands = Arrays.copyOf(islands, 2 * count);
            loads = new double[2 * count];
        }
        islands[count++] = island;
        awake++;
        time.add(island.ledger());
        island.owner(this, virtualNs);
        island.sleeper().watch(wake.fd(), Sleeper.NOBODY);
        sleeper.watchIsland(island.sleeper().fd(), island.number());
        tellWhoShares();
    }

    private void tellWhoShares() {
        for (int i = 0; i < count; i++) {
            islands[i].agent().sharesCore(!isAlone());
        }
    }

    /** Hands an island over. */
    private void give(int index, FastPathCore target) {
        final Island island = islands[index];
        if (!island.isAwake()) {
            wake(island);
        }
        awake--;
        islands[index] = islands[--count];
        islands[count] = null;
        if (isAlone() && !islands[0].isAwake()) {
            wake(islands[0]); // a core's only island sleeps with it
        }
        sleeper.unwatch(island.sleeper().fd());
        island.sleeper().unwatch(wake.fd());
        time.remove(island.ledger(), clock.nanoTime());
        tellWhoShares();
        target.post(core -> core.take(island));
    }

    /** Hands an island over after this pass. @return false if there is no such core */
    boolean moveSoon(Island island, int target) {
        if (target >= all.length) {
            return false;
        }
        post(core -> core.give(island, target));
        return true;
    }

    /**
     * Hands an island over that this core has, as {@link Balancer} would.
     *
     * @return false if this core does not have it
     */
    boolean give(Island island, int target) {
        for (int i = 0; i < count; i++) {
            if (islands[i] == island && target != number) {
                table.move(number, target, 1, island.load(), clock.nanoTime());
                give(i, all[target]);
                return true;
            }
        }
        return false;
    }

    @Override
    public int doWork() {
        int work = inbox.isEmpty() ? 0 : takeMessages();
        final long nowNs;
        if (isAlone()) {
            work += islands[0].agent().doWork();
            nowNs = islands[0].agent().nowNs();
        } else {
            nowNs = clock.nanoTime();
            work += count == 0 ? 0 : serveInTurn(nowNs);
        }
        if (nowNs - tickedNs >= Balancer.TICK_NS) {
            tick(nowNs);
        }
        return work;
    }

    private int takeMessages() {
        int taken = 0;
        Consumer<FastPathCore> message;
        while ((message = inbox.poll()) != null) {
            message.accept(this);
            taken++;
        }
        return taken;
    }

    /** One pass for each island that is awake and not ahead of the others. */
    private int serveInTurn(long nowNs) {
        if (awake < count && (lookSoon || nowNs - lookedNs >= LOOK_NS)) {
            lookSoon = false;
            lookedNs = nowNs;
            if (sleeper.look()) {
                sleeper.forEachRung(onRung);
            }
            wakeDue(nowNs);
        }
        virtualNs = leastNs();
        int work = 0;
        for (int i = 0; i < count; i++) {
            final Island island = islands[i];
            if (island.isAwake() && island.virtualNs() - virtualNs <= AHEAD_NS / island.weight()) {
                final int done = island.pass(virtualNs);
                work += done;
                if (done == 0 && island.isIdle(nowNs, longestWaitNs) && island.fallAsleep()) {
                    awake--;
                }
            }
        }
        return work;
    }

    /** @return virtual time of the island that has work and is furthest behind */
    private double leastNs() {
        double least = Double.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            if (islands[i].hasWork()) {
                least = Math.min(least, islands[i].virtualNs());
            }
        }
        return least == Double.MAX_VALUE ? virtualNs : Math.max(virtualNs, least);
    }

    private void wake(Island island) {
        island.wake(virtualNs);
        awake++;
    }

    private void rung(int islandNumber) {
        for (int i = 0; i < count; i++) {
            if (islands[i].number() == islandNumber && !islands[i].isAwake()) {
                wake(islands[i]);
            }
        }
    }

    private void wakeDue(long nowNs) {
        for (int i = 0; i < count; i++) {
            if (!islands[i].isAwake() && islands[i].agent().deadlineNs() - nowNs <= 0) {
                wake(islands[i]);
            }
        }
    }

    private void tick(long nowNs) {
        final long elapsedNs = nowNs - tickedNs;
        tickedNs = nowNs;
        long spent = 0;
        double load = 0;
        int guests = 0;
        for (int i = 0; i < count; i++) {
            spent += islands[i].measure(elapsedNs);
            loads[i] = islands[i].load();
            load += loads[i];
            guests += islands[i].isAwake() ? islands[i].agent().guestsAwake() : 0;
        }
        table.report(number, nowNs, load, spent);
        table.guestsAwake(number, guests);
        if (balancer.decide(nowNs, elapsedNs, loads, count) > 0) {
            for (int i = count - 1; i >= 0; i--) {
                if (balancer.isChosen(i)) {
                    give(i, all[balancer.target()]);
                }
            }
        }
    }

    /** @return threads of guests and of other cores that run as far as is known */
    int othersAwake() {
        int guests = table.othersAwake(number);
        for (int i = 0; i < count; i++) {
            guests += islands[i].isAwake() ? islands[i].agent().guestsAwake() : 0;
        }
        return guests;
    }

    /** Sleeps until an island or a message wants to be looked after; returns at once if that is so now. */
    void sleep() {
        if (lieDown()) {
            bed().sleep(timeoutNs(clock.nanoTime()));
            getUp();
        }
    }

    /** @return false if there is work; else nothing is done until {@link #getUp}, and whoever has some rings */
    boolean lieDown() {
        final boolean asleep =
                inbox.isEmpty() && (isAlone() ? islands[0].agent().fallAsleep() : fallAsleep());
        table.guestsAwake(number, asleep ? -1 : 0);
        return asleep;
    }

    /** @return where this core sleeps: a core's only island needs no set of sets */
    Sleeper bed() {
        return isAlone() ? islands[0].sleeper() : sleeper;
    }

    private boolean isAlone() {
        return count == 1;
    }

    /** Ends what {@link #lieDown} began. */
    void getUp() {
        table.guestsAwake(number, 0);
        final long nowNs = clock.nanoTime();
        if (isAlone()) {
            islands[0].agent().wake();
        } else {
            sleeper.forEachRung(onRung);
            wakeDue(nowNs);
        }
        if (nowNs - tickedNs >= Balancer.TICK_NS) {
            tick(nowNs); // what comes now is not to be taken for little because nothing was before
        }
    }

    private boolean fallAsleep() {
        for (int i = 0; i < count; i++) {
            if (islands[i].isAwake() && islands[i].fallAsleep()) {
                awake--;
            }
        }
        return awake == 0;
    }

    /** @return when an island has something to do though nobody rings; Long.MAX_VALUE: never */
    long deadlineNs() {
        long deadlineNs = Long.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            deadlineNs = Math.min(deadlineNs, islands[i].agent().deadlineNs());
        }
        return deadlineNs;
    }

    private long timeoutNs(long nowNs) {
        final long deadlineNs = deadlineNs();
        return deadlineNs == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, deadlineNs - nowNs);
    }
}
