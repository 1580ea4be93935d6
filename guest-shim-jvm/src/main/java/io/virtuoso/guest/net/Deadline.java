package io.virtuoso.guest.net;

import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Until when a call may take, and what it throws then. */
final class Deadline {
    private final boolean limited;
    private final long atNanos;
    private final String message;

    /**
     * A moment from now on.
     *
     * @param millis 0: no limit
     * @param message of the exception
     */
    Deadline(int millis, String message) {
        this.limited = millis > 0;
        this.atNanos = limited ? System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis) : 0;
        this.message = message;
    }

    /** What is left; 0: no limit. */
    long leftNanos() throws SocketTimeoutException {
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
    int leftMillis() throws SocketTimeoutException {
        return limited ? (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos())) : 0;
    }

    SocketTimeoutException exceeded() {
        return new SocketTimeoutException(message);
    }

    /** Takes a lock in time; an interrupt is no reason to give up. */
    void lock(ReentrantLock lock) throws SocketTimeoutException {
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
