package io.virtuoso.guest.core;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Waiting awake for a moment before a thread sleeps, in a virtual machine only: there a sleep costs the packets of a
 * doorbell, an interrupt and several switches of threads, more than most answers take. As native programs do it, by the
 * same limits (docs/adr/0022).
 *
 * <p>Each wait that began awake in vain must be outweighed by one that saved a sleep: else the thread sleeps at once
 * for a number of waits, then tries again; the number grows while that is in vain. One thread at a time.
 */
final class Linger {
    private static final long LONGEST_NS = 500_000L;
    private static final long SHORT_TIMEOUT_NS = 1_000_000L;
    private static final int LOOKS_OF_A_ROUND = 32;
    private static final int TRIES = 8;
    private static final int MOST_CREDIT = 6;
    private static final int FIRST_PAUSE = 16;
    private static final int LONGEST_PAUSE = 256;

    /** Several would keep each other, and those that work, from a machine's few processors. */
    private static final AtomicBoolean ONE_OF_THE_JVM = new AtomicBoolean();

    private final Turns turns;
    private final AtomicBoolean taken;
    /** Of waits begun awake: sleeps saved less those in vain. */
    private int balance;
    /** Waits to be slept at once after the latest failure, and how many of them are left. */
    private int pause;

    private int pauseLeft;

    /** What ends a wait. */
    interface Awaited {
        /** Looks at memory only. */
        boolean hasCome();

        /** Whether a descriptor of the kernel's has something. */
        boolean inKernel();
    }

    /** How time passes. */
    interface Turns {
        long nanoTime();

        /** Offers the processor to other threads. */
        void giveWay();
    }

    /** Those of this machine. */
    private static final class MachineTurns implements Turns {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        @SuppressWarnings("ThreadPriorityCheck") // on one processor whoever has the answer needs it
        public void giveWay() {
            Thread.yield();
        }
    }

    Linger() {
        this(new MachineTurns(), ONE_OF_THE_JVM);
    }

    /** @param taken true while a thread waits awake: others sleep at once */
    Linger(Turns turns, AtomicBoolean taken) {
        this.turns = turns;
        this.taken = taken;
    }

    /**
     * Waits awake if this thread's latest waits let it pay, and not for a short time only.
     *
     * @param timeoutNanos of the sleep that is to be spared; negative: no limit
     * @return false if nothing came, or it does not pay, or the kernel is to be asked: sleep
     */
    boolean await(Awaited awaited, long timeoutNanos) {
        if (timeoutNanos >= 0 && timeoutNanos < SHORT_TIMEOUT_NS
                || !isWorthATry()
                || !taken.compareAndSet(false, true)) {
            return false;
        }
        try {
            return awaitAwake(awaited);
        } finally {
            taken.set(false);
        }
    }

    private boolean awaitAwake(Awaited awaited) {
        long began = turns.nanoTime();
        do {
            for (int look = 0; look < LOOKS_OF_A_ROUND; look++) {
                if (awaited.hasCome()) {
                    learn(true);
                    return true;
                }
                Thread.onSpinWait();
            }
            if (awaited.inKernel()) {
                return false;
            }
            turns.giveWay();
        } while (turns.nanoTime() - began < LONGEST_NS);
        boolean came = awaited.hasCome();
        learn(came);
        return came;
    }

    private boolean isWorthATry() {
        if (pauseLeft == 0) {
            return true;
        }
        pauseLeft--;
        return false;
    }

    private void learn(boolean came) {
        if (came) {
            balance = Math.min(balance + 1, MOST_CREDIT);
            pause = 0;
        } else if (--balance <= -TRIES) {
            balance = 0;
            pause = Math.min(pause == 0 ? FIRST_PAUSE : 2 * pause, LONGEST_PAUSE);
            pauseLeft = pause;
        }
    }
}
