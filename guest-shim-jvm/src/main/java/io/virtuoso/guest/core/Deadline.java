package io.virtuoso.guest.core;

import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Until when a call may take, and what it throws then. */
public final class Deadline {
    /** No limit. */
    public static final Deadline NONE = new Deadline(0, "");

    private final boolean limited;
    private final long atNanos;
    private final String message;

    private Deadline(long nanos, String message) {
        this.limited = nanos > 0;
        this.atNanos = limited ? System.nanoTime() + nanos : 0;
        this.message = message;
    }

    /**
     * A moment from now on.
     *
     * @param nanos 0 or less: no limit
     * @param message of the exception
     */
    public static Deadline inNanos(long nanos, String message) {
        return nanos > 0 ? new Deadline(nanos, message) : NONE;
    }

    /** The same in milliseconds. */
    public static Deadline inMillis(int millis, String message) {
        return inNanos(TimeUnit.MILLISECONDS.toNanos(millis), message);
    }

    /** What is left; 0: no limit. */
    public long leftNanos() throws SocketTimeoutException {
        if (!limited) {
            return 0;
        }
        long left = atNanos - System.nanoTime();
        if (left <= 0) {
            throw exceeded();
        }
        return left;
    }

    /** What is left in milliseconds, at least one; 0: no limit. */
    public int leftMillis() throws SocketTimeoutException {
        return limited ? (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos())) : 0;
    }

    /** For a wait that took all that was left. */
    public SocketTimeoutException exceeded() {
        return new SocketTimeoutException(message);
    }

    /** Takes a lock in time; an interrupt is no reason to give up. */
    public void lock(ReentrantLock lock) throws SocketTimeoutException {
        if (!limited) {
            lock.lock();
            return;
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    if (lock.tryLock(leftNanos(), TimeUnit.NANOSECONDS)) {
                        return;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
