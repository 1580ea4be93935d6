package io.virtuoso.guest.core;

import java.util.concurrent.locks.LockSupport;

/** A thread that waits for a socket. */
final class Waiter {
    private final Thread thread = Thread.currentThread();
    private final Sleeper sleeper;
    private volatile boolean signalled;

    /** @param sleeper where the thread sleeps; null: it parks */
    Waiter(Sleeper sleeper) {
        this.sleeper = sleeper;
    }

    /** Something may have changed. Any thread. */
    void signal() {
        signalled = true;
        if (thread == Thread.currentThread()) {
            return;
        }
        if (sleeper != null) {
            sleeper.kick();
        } else {
            LockSupport.unpark(thread);
        }
    }

    /** Whether there was a signal since the last call. The waiting thread only. */
    boolean takeSignal() {
        if (!signalled) {
            return false;
        }
        signalled = false;
        return true;
    }
}
