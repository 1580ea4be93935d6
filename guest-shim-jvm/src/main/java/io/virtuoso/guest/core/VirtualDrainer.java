package io.virtuoso.guest.core;

import java.util.concurrent.locks.LockSupport;

/**
 * A virtual thread that takes the events of context 0 and wakes the virtual threads they are for. It runs among them, so
 * that a wake-up is an entry in a carrier's own queue and no system call, and it lets them run before it looks again:
 * while they are busy nobody sleeps on the doorbell. The hub's thread does that for it, see {@link Hub}.
 */
final class VirtualDrainer implements Runnable {
    static final int ROUNDS_IN_A_ROW = 64;

    private final Turns turns;
    private volatile EventSource source;
    private volatile boolean called;

    /** How the drainer's thread lets others run. Any wait may also end for no reason. */
    interface Turns {
        /** Lets those run that this carrier has. */
        void giveWay();

        /** Lets those run that were made ready from outside; a {@link #wake} ends it, and may be used up by that. */
        void pause();

        /** Until the next {@link #wake}; not at all if one was not used up. */
        void park();

        /** Any thread. */
        void wake();
    }

    VirtualDrainer(Turns turns) {
        this.turns = turns;
    }

    /** A drainer in a virtual thread of its own. */
    static VirtualDrainer start() {
        VirtualTurns turns = new VirtualTurns();
        VirtualDrainer drainer = new VirtualDrainer(turns);
        turns.thread = Threads.newVirtual("virtuoso-drainer", drainer);
        turns.thread.start();
        return drainer;
    }

    private static final class VirtualTurns implements Turns {
        private Thread thread;

        @Override
        @SuppressWarnings("ThreadPriorityCheck")
        public void giveWay() {
            Thread.yield();
        }

        @Override
        public void pause() {
            LockSupport.parkNanos(1);
        }

        @Override
        public void park() {
            LockSupport.park(this);
        }

        @Override
        public void wake() {
            LockSupport.unpark(thread);
        }
    }

    /** There may be events in a context. The hub's thread. */
    void call(EventSource where) {
        source = where;
        called = true;
        turns.wake();
    }

    /** Whether it was called and has not begun to look: no carrier is free for it. */
    boolean isWaitedFor() {
        return called;
    }

    @Override
    public void run() {
        while (true) {
            called = false; // before the look: a call from here on is answered by another one
            EventSource now = source;
            if (now != null) {
                drain(now);
            }
            while (!called) { // a call may have ended a pause in the look instead of this one
                turns.park();
            }
        }
    }

    /**
     * Until the context is empty and the host stack knows that somebody sleeps. Those that were woken come next in this
     * carrier's queue; now and then others have their turn, which were made ready from outside.
     */
    private void drain(EventSource from) {
        int rounds = 0;
        do {
            from.leaveSleep();
            while (from.drain() != 0) {
                if (++rounds % ROUNDS_IN_A_ROW == 0) {
                    turns.pause();
                } else {
                    turns.giveWay();
                }
            }
            from.enterSleep();
        } while (from.hasEvents());
    }
}
