package io.virtuoso.guest.core;

import java.util.concurrent.locks.LockSupport;

/**
 * A virtual thread that takes the events of context 0 and wakes the virtual threads they are for. It runs among them, so
 * that a wake-up is an entry in a carrier's own queue and no system call, and it lets them run before it looks again:
 * while they are busy nobody sleeps on the doorbell. The hub's thread does that for it, see {@link Hub}.
 */
final class VirtualDrainer implements Runnable {
    private static final int ROUNDS_IN_A_ROW = 64;

    private final Thread thread;
    private volatile Context context;
    private volatile boolean called;

    VirtualDrainer() {
        thread = Threads.newVirtual("virtuoso-drainer", this);
        thread.start();
    }

    /** There may be events in a context. The hub's thread. */
    void call(Context where) {
        context = where;
        called = true;
        LockSupport.unpark(thread);
    }

    /** Whether it was called and has not begun to look: no carrier is free for it. */
    boolean isWaitedFor() {
        return called;
    }

    @Override
    public void run() {
        while (true) {
            called = false; // before the look: a call from here on is answered by another one
            Context now = context;
            if (now != null) {
                drain(now);
            }
            while (!called) { // a call may have ended a pause in the look instead of this one
                LockSupport.park(this);
            }
        }
    }

    /**
     * Until the context is empty and the host stack knows that somebody sleeps. Those that were woken come next in this
     * carrier's queue; now and then others have their turn, which were made ready from outside.
     */
    @SuppressWarnings("ThreadPriorityCheck")
    private static void drain(Context from) {
        int rounds = 0;
        do {
            from.leaveSleep();
            while (from.drain() != 0) {
                if (++rounds % ROUNDS_IN_A_ROW == 0) {
                    LockSupport.parkNanos(1);
                } else {
                    Thread.yield();
                }
            }
            from.enterSleep();
        } while (from.hasEvents());
    }
}
