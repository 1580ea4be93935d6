package io.virtuoso.guest.core;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Who waits for a socket: blocked threads, and watchers.
 *
 * <p>The first platform thread that blocks becomes the driver: the socket's events come to that thread's own context,
 * and it wakes the others. Without a driver the hub does. Any thread.
 */
final class WaitList {
    private static final HostSocket.Watcher[] NO_WATCHERS = {};
    private static final long LOOP_NAP_NS = 50_000L;
    private static final long NO_LIMIT = Long.MAX_VALUE;

    private final HostSocket socket;
    private final Home home;
    private final SpinLock lock = new SpinLock();
    private volatile HostSocket.Watcher[] watchers = NO_WATCHERS;
    private final Waiters waiters = new Waiters(); // changed under lock
    private ThreadContext driver; // guarded by lock
    private volatile boolean released;

    WaitList(HostSocket socket, Home home) {
        this.socket = socket;
        this.home = home;
    }

    void addWatcher(HostSocket.Watcher watcher) {
        lock.lock();
        try {
            HostSocket.Watcher[] more = Arrays.copyOf(watchers, watchers.length + 1);
            more[watchers.length] = watcher;
            watchers = more;
        } finally {
            lock.unlock();
        }
    }

    void removeWatcher(HostSocket.Watcher watcher) {
        lock.lock();
        try {
            watchers = Arrays.stream(watchers).filter(other -> other != watcher).toArray(HostSocket.Watcher[]::new);
        } finally {
            lock.unlock();
        }
    }

    void onEvent() {
        for (HostSocket.Watcher watcher : watchers) {
            watcher.onEvent(socket);
        }
        waiters.signal();
    }

    void release() {
        released = true;
        waiters.signal();
    }

    /** See {@link HostSocket#await}. */
    int await(int interest, long timeoutNanos, boolean interruptible) {
        if (socket.readiness(interest) != 0) {
            return HostSocket.READY;
        }
        return released ? HostSocket.WOKEN : block(interest, null, timeoutNanos, interruptible);
    }

    /** Waits until a condition holds, which is looked at again after each event, or time is over. */
    void await(BooleanSupplier condition, long timeoutNanos) {
        block(0, condition, timeoutNanos, false);
    }

    /** @param condition instead of the interest, and then whoever has released the others waits on; null: none */
    private int block(int interest, BooleanSupplier condition, long timeoutNanos, boolean interruptible) {
        boolean limited = timeoutNanos > 0;
        long deadline = limited ? System.nanoTime() + timeoutNanos : 0;
        ThreadContext own = drive();
        Waiter waiter = enter(own == null ? null : own.sleeper());
        boolean interrupted = false;
        try {
            if (own == null) {
                home.moveToHub();
                if (Threads.isVirtual(Thread.currentThread())) {
                    Link.get().hub().virtualThreadWaits();
                }
            }
            while (true) {
                waiter.takeSignal();
                if (condition == null ? socket.readiness(interest) != 0 : condition.getAsBoolean()) {
                    return HostSocket.READY;
                }
                if (released && condition == null) {
                    return HostSocket.WOKEN;
                }
                if (Thread.currentThread().isInterrupted()) {
                    if (interruptible) {
                        return HostSocket.INTERRUPTED;
                    }
                    interrupted |= Thread.interrupted();
                }
                long left = limited ? deadline - System.nanoTime() : NO_LIMIT;
                if (left <= 0) {
                    return HostSocket.TIMEOUT;
                }
                sleep(own, left);
            }
        } finally {
            leave(waiter, own);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void sleep(ThreadContext own, long left) {
        if (own == null) {
            park(left);
            return;
        }
        // A dead host stack hangs up for ever: only kicks can be slept for then.
        Context context = own.context().attachment().isDead() ? null : own.context();
        own.sleeper().sleep(context, left == NO_LIMIT ? -1 : left, Sleeper.NONE);
        own.context().drain();
    }

    private void park(long left) {
        if (home.belongsToLoop()) {
            home.drain(); // this may be the loop's own thread
            LockSupport.parkNanos(this, Math.min(left, LOOP_NAP_NS));
        } else if (left == NO_LIMIT) {
            LockSupport.park(this); // with a limit a virtual thread would set and cancel a timer
        } else {
            LockSupport.parkNanos(this, left);
        }
    }

    /** This thread's own context becomes the socket's home, if nobody else waits. @return null if it did not */
    private ThreadContext drive() {
        Attachment attachment = socket.attachmentInUse();
        if (attachment == null || watchers.length != 0 || !waiters.isEmpty()) {
            return null;
        }
        ThreadContext own = ThreadContext.of(attachment);
        if (own == null) {
            return null;
        }
        lock.lock();
        try {
            if (driver != null || !waiters.isEmpty()) {
                return null;
            }
            driver = own;
        } finally {
            lock.unlock();
        }
        if (!home.belongsToLoop() && home.moveTo(own.context())) {
            return own;
        }
        stopDriving();
        return null;
    }

    private void stopDriving() {
        lock.lock();
        try {
            driver = null;
        } finally {
            lock.unlock();
        }
    }

    private Waiter enter(Sleeper place) {
        lock.lock();
        try {
            return waiters.enter(place);
        } finally {
            lock.unlock();
        }
    }

    private void leave(Waiter waiter, ThreadContext own) {
        boolean last;
        lock.lock();
        try {
            waiters.leave(waiter);
            last = waiters.isEmpty();
            if (own != null) {
                driver = null;
            }
        } finally {
            lock.unlock();
        }
        if (own != null && !last) {
            home.moveToHub();
            waiters.signal(); // an event may have come meanwhile
        }
    }
}
