package io.virtuoso.guest.core;

import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that waits for a socket, then another: one after the other uses it. Who has found it here just before it
 * changed hands wakes the one it was meant for or the next one, which then looks in vain.
 */
final class Waiter {
    private volatile Thread thread;
    private volatile Sleeper sleeper;
    private volatile boolean signalled;

    /**
     * The calling thread begins to wait. It looks afterwards: what came before is not signalled.
     *
     * @param place where the thread sleeps; null: it parks
     */
    void begin(Sleeper place) {
        thread = Thread.currentThread();
        sleeper = place;
        signalled = false; // last: who signals from here on sees who waits
    }

    /** Nobody waits any more. */
    void end() {
        thread = null;
        sleeper = null;
    }

    /** Something may have changed. Any thread. */
    void signal() {
        if (signalled) {
            return; // and the thread has not looked since: it is being woken already
        }
        signalled = true;
        Thread waiting = thread;
        if (waiting == null || waiting == Thread.currentThread()) {
            return;
        }
        Sleeper place = sleeper;
        if (place != null) {
            place.kick();
        } else {
            LockSupport.unpark(waiting);
        }
    }

    /** Is about to look: what comes from now on is signalled again. The waiting thread only. @return if it was */
    boolean takeSignal() {
        if (!signalled) {
            return false;
        }
        signalled = false;
        VarHandle.fullFence(); // what is looked at now is not older than what comes after the next signal
        return true;
    }
}
