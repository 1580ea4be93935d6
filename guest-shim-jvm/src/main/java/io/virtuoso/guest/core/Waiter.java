package io.virtuoso.guest.core;

import java.lang.invoke.VarHandle;
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
        if (signalled) {
            return; // and the thread has not looked since: it is being woken already
        }
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
        VarHandle.fullFence(); // what is looked at now is not older than what comes after the next signal
        return true;
    }
}
