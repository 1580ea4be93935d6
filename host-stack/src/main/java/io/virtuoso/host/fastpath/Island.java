package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.NanoClock;

/**
 * Networks that share nothing with others, with all that serves them: guests, ports, connections, deadlines, bills, and
 * what wakes them. One core at a time owns it, and everything in it; by a message it goes to another. The thread of
 * that core only.
 */
final class Island {
    /** How far it may be behind when it comes with work after it had none, divided by the weights of its guests. */
    private static final double CREDIT_NS = 50_000;

    private final int number;
    private final NanoClock time;
    private final FastPathAgent agent;
    private final Sleeper sleeper;
    private final Ledger ledger;
    private FastPathCore core;
    private boolean awake;
    private boolean working;
    private double virtualNs;
    private long billedNs;
    private long measuredNs;
    private long[] usedNs = new long[8];
    private double weight = 1;
    private double load;
    private long workedNs;

    /**
     * @param number from 0, in the order of the configuration
     * @param time   the clock that the agent looks at
     */
    Island(int number, NanoClock time, FastPathAgent agent, Sleeper sleeper, Ledger ledger) {
        this.number = number;
        this.time = time;
        this.agent = agent;
        this.sleeper = sleeper;
        this.ledger = ledger;
        agent.island(this);
    }

    int number() {
        return number;
    }

    FastPathAgent agent() {
        return agent;
    }

    Sleeper sleeper() {
        return sleeper;
    }

    Ledger ledger() {
        return ledger;
    }

    /** @return who serves it; null: nobody yet */
    FastPathCore core() {
        return core;
    }

    /** @return false if it waits for a doorbell, a packet or a deadline */
    boolean isAwake() {
        return awake;
    }

    /**
     * Another core owns it from now on; it is awake.
     *
     * @param leastNs virtual time of those that the core serves
     */
    void owner(FastPathCore newCore, double leastNs) {
        core = newCore;
        awake = true;
        billedNs = ledger.busyNs();
        virtualNs = leastNs;
        working = true;
        workedNs = time.nanoTime();
    }

    /** @return time that it was served, divided by the weights of its guests that have work */
    double virtualNs() {
        virtualNs += (ledger.busyNs() - billedNs) / weight;
        billedNs = ledger.busyNs();
        return virtualNs;
    }

    /** @return weights of its guests that had work in the last tick */
    double weight() {
        return weight;
    }

    /**
     * One pass while others are served, too.
     *
     * @param leastNs virtual time of the one that is furthest behind of those that have work
     * @return how much was done
     */
    int pass(double leastNs) {
        final int work = agent.doWork();
        final long nowNs = time.nanoTime();
        ledger.sleep(nowNs);
        if (work > 0) {
            workedNs = nowNs;
            if (!working) {
                working = true;
                atLeast(leastNs);
            }
        } else {
            working = false;
        }
        return work;
    }

    /** Who had no work may not have saved up more than a moment: it would keep the others waiting for as long. */
    private void atLeast(double leastNs) {
        virtualNs = Math.max(virtualNs(), leastNs - CREDIT_NS / weight);
    }

    /** @return true if it is awake and had work in its last pass, or has had none since it woke */
    boolean hasWork() {
        return awake && working;
    }

    /** @return true if there was nothing to do for so long that it should sleep */
    boolean isIdle(long nowNs, long longestNs) {
        return nowNs - workedNs > longestNs;
    }

    /** @return false if it has work */
    boolean fallAsleep() {
        awake = !agent.fallAsleep();
        return !awake;
    }

    /**
     * Looks who has rung, and is served from now on.
     *
     * @param leastNs virtual time of those that are served
     */
    void wake(double leastNs) {
        sleeper.look();
        agent.wake();
        awake = true;
        working = true;
        workedNs = time.nanoTime();
        atLeast(leastNs);
    }

    /** Notes what part of the time since the last tick went here. @return nanoseconds worked */
    long measure(long elapsedNs) {
        final long worked = ledger.busyNs() - measuredNs;
        measuredNs = ledger.busyNs();
        load = elapsedNs <= 0 ? 0 : Math.min(1.0, (double) worked / elapsedNs);
        virtualNs();
        weight = Math.max(1, activeWeight());
        return worked;
    }

    private int activeWeight() {
        final List<Account> accounts = ledger.accounts();
        if (usedNs.length < accounts.size()) {
            usedNs = Arrays.copyOf(usedNs, 2 * accounts.size());
        }
        int sum = 0;
        for (int i = 0; i < accounts.size(); i++) {
            final Account account = accounts.get(i);
            if (account.elapsedNs() != usedNs[i]) {
                usedNs[i] = account.elapsedNs();
                sum += account.weight();
            }
        }
        return sum;
    }

    /** @return part of its core's time that went here in the last tick */
    double load() {
        return load;
    }
}
