package io.virtuoso.guest.core;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Who waits for a socket: blocked threads, and watchers.
 *
 * <p>The first platform thread that blocks becomes the driver: the socket's events come to that thread's own context,
 * and it wakes the others. Without a driver the hub does. Any thread.
 */
final class WaitList {
    private static final StreamSocket.Watcher[] NO_WATCHERS = {};
    private static final Waiter[] NO_WAITERS = {};
    private static final long LOOP_NAP_NS = 50_000L;

    private final StreamSocket socket;
    private final Home home;
    private final SpinLock lock = new SpinLock();
    private volatile StreamSocket.Watcher[] watchers = NO_WATCHERS;
    private volatile Waiter[] waiters = NO_WAITERS;
    private ThreadContext driver; // guarded by lock
    private volatile boolean released;

    WaitList(StreamSocket socket, Home home) {
        this.socket = socket;
        this.home = home;
    }

    void addWatcher(StreamSocket.Watcher watcher) {
        lock.lock();
        try {
            StreamSocket.Watcher[] more = Arrays.copyOf(watchers, watchers.length + 1);
            more[watchers.length] = watcher;
            watchers = more;
        } finally {
            lock.unlock();
        }
    }

    void removeWatcher(StreamSocket.Watcher watcher) {
        lock.lock();
        try {
            watchers = Arrays.stream(watchers).filter(other -> other != watcher).toArray(StreamSocket.Watcher[]::new);
        } finally {
            lock.unlock();
        }
    }

    void onEvent() {
        for (StreamSocket.Watcher watcher : watchers) {
            watcher.onEvent(socket);
        }
        for (Waiter waiter : waiters) {
            waiter.signal();
        }
    }

    void release() {
        released = true;
        for (Waiter waiter : waiters) {
            waiter.signal();
        }
    }

    /** See {@link StreamSocket#await}. */
    int await(int interest, long timeoutNanos, boolean interruptible) {
        if (socket.readiness(interest) != 0) {
            return StreamSocket.READY;
        }
        return released ? StreamSocket.WOKEN : block(interest, timeoutNanos, interruptible);
    }

    /** Waits for any event at all, or the end of time. */
    void awaitEvent(long timeoutNanos) {
        block(0, timeoutNanos, false);
    }

    private int block(int interest, long timeoutNanos, boolean interruptible) {
        long deadline = System.nanoTime() + timeoutNanos;
        ThreadContext own = drive();
        Waiter waiter = new Waiter(own == null ? null : own.sleeper());
        add(waiter);
        boolean interrupted = false;
        try {
            if (own == null) {
                home.moveToHub();
                if (Threads.isVirtual(Thread.currentThread())) {
                    Link.get().hub().virtualThreadWaits();
                }
            }
            for (boolean looked = false; ; looked = true) {
                boolean signalled = waiter.takeSignal();
                if (socket.readiness(interest) != 0 || (interest == 0 && looked && signalled)) {
                    return StreamSocket.READY;
                }
                if (released && interest != 0) {
                    return StreamSocket.WOKEN;
                }
                if (Thread.currentThread().isInterrupted()) {
                    if (interruptible) {
                        return StreamSocket.INTERRUPTED;
                    }
                    interrupted |= Thread.interrupted();
                }
                long left = timeoutNanos <= 0 ? Long.MAX_VALUE : deadline - System.nanoTime();
                if (left <= 0) {
                    return StreamSocket.TIMEOUT;
                }
                sleep(own, left);
            }
        } finally {
            remove(waiter, own);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void sleep(ThreadContext own, long left) {
        if (own == null) {
            if (home.belongsToLoop()) {
                home.drain(); // this may be the loop's own thread
                LockSupport.parkNanos(this, Math.min(left, LOOP_NAP_NS));
            } else {
                LockSupport.parkNanos(this, left);
            }
            return;
        }
        // A dead host stack hangs up for ever: only kicks can be slept for then.
        Context context = own.context().attachment().isDead() ? null : own.context();
        own.sleeper().sleep(context, left == Long.MAX_VALUE ? -1 : left, Sleeper.NONE);
        own.context().drain();
    }

    /** This thread's own context becomes the socket's home, if nobody else waits. @return null if it did not */
    private ThreadContext drive() {
        Attachment attachment = socket.attachmentInUse();
        if (attachment == null || watchers.length != 0 || waiters.length != 0) {
            return null;
        }
        ThreadContext own = ThreadContext.of(attachment);
        if (own == null) {
            return null;
        }
        lock.lock();
        try {
            if (driver != null || waiters.length != 0) {
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

    private void add(Waiter waiter) {
        lock.lock();
        try {
            Waiter[] more = Arrays.copyOf(waiters, waiters.length + 1);
            more[waiters.length] = waiter;
            waiters = more;
        } finally {
            lock.unlock();
        }
    }

    private void remove(Waiter waiter, ThreadContext own) {
        Waiter[] others;
        lock.lock();
        try {
            others = waiters.length == 1
                    ? NO_WAITERS
                    : Arrays.stream(waiters).filter(other -> other != waiter).toArray(Waiter[]::new);
            waiters = others;
            if (own != null) {
                driver = null;
            }
        } finally {
            lock.unlock();
        }
        if (own != null && others.length != 0) {
            home.moveToHub();
            for (Waiter other : others) {
                other.signal(); // an event may have come meanwhile
            }
        }
    }
}
