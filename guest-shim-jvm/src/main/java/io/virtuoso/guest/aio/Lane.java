package io.virtuoso.guest.aio;

import io.virtuoso.guest.core.StreamSocket;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.InterruptedByTimeoutException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One kind of operation of a channel, of which at most one is under way.
 *
 * <p>An operation is tried when it starts and, on a thread of the group, whenever the socket may have become ready. Its
 * end is told outside the lock.
 */
final class Lane {
    private static final ScheduledThreadPoolExecutor TIMER = newTimer();

    private final GuestChannelGroup group;
    private final StreamSocket socket;
    private final int interest;
    private final String name;
    private final Supplier<RuntimeException> alreadyPending;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile Operation<?> pending;
    private boolean trying; // an attempt may hear of the socket, in a group whose executor runs in the caller's thread
    private boolean given; // up: after a timeout or a cancel nobody knows what was read or written
    private boolean closed;

    Lane(
            GuestChannelGroup group,
            StreamSocket socket,
            int interest,
            String name,
            Supplier<RuntimeException> alreadyPending) {
        this.group = group;
        this.socket = socket;
        this.interest = interest;
        this.name = name;
        this.alreadyPending = alreadyPending;
    }

    private static ScheduledThreadPoolExecutor newTimer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(null, task, "virtuoso-timeouts", 0, false);
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /**
     * Starts an operation.
     *
     * @param timeoutNanos 0 or less: none
     */
    void start(Operation<?> operation, long timeoutNanos) {
        Runnable done;
        lock.lock();
        try {
            if (given) {
                throw new IllegalStateException(name + " is not allowed after a timeout or a cancelled operation");
            }
            if (pending != null) {
                throw alreadyPending.get();
            }
            pending = operation;
            done = closed ? () -> operation.fail(new ClosedChannelException()) : attempt();
            if (done == null && timeoutNanos > 0) {
                operation.timer(TIMER.schedule(() -> expire(operation), timeoutNanos, TimeUnit.NANOSECONDS));
            }
        } finally {
            lock.unlock();
        }
        if (done != null) {
            done.run();
        }
    }

    /** The socket may have become ready. */
    void onEvent() {
        boolean ready = pending != null && (socket.readiness(interest) & interest) != 0;
        if (ready && scheduled.compareAndSet(false, true)) {
            group.execute(this::progress);
        }
    }

    private void progress() {
        scheduled.set(false);
        Runnable done;
        lock.lock();
        try {
            done = attempt();
        } finally {
            lock.unlock();
        }
        if (done != null) {
            done.run();
        }
    }

    /** Tries, and once more when that came too late for a notice. Under the lock. */
    private Runnable attempt() {
        Operation<?> operation = pending;
        if (operation == null || trying) {
            return null;
        }
        Runnable done;
        trying = true;
        try {
            done = operation.attempt();
            while (done == null && (socket.readiness(interest) & interest) != 0) {
                done = operation.attempt();
            }
        } finally {
            trying = false;
        }
        if (done != null) {
            pending = null;
        }
        return done;
    }

    /** Does something while no operation is tried. @return false also if the channel is closed */
    boolean exclusively(BooleanSupplier action) {
        lock.lock();
        try {
            return !closed && action.getAsBoolean();
        } finally {
            lock.unlock();
        }
    }

    private void expire(Operation<?> operation) {
        if (giveUp(operation)) {
            group.execute(() -> operation.fail(new InterruptedByTimeoutException()));
        }
    }

    /** Ends an operation; no other may follow. @return false: it had ended */
    boolean giveUp(Operation<?> operation) {
        lock.lock();
        try {
            if (pending != operation) {
                return false;
            }
            pending = null;
            given = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** No operation may follow. */
    void giveUp() {
        lock.lock();
        try {
            given = true;
        } finally {
            lock.unlock();
        }
    }

    /** The channel is closed. Nothing touches the socket any more. */
    void close() {
        Operation<?> last;
        lock.lock();
        try {
            closed = true;
            last = pending;
            pending = null;
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.fail(new AsynchronousCloseException());
        }
    }
}
