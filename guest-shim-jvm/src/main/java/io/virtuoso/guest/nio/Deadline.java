package io.virtuoso.guest.nio;

/** A moment until which something is waited for, or none. */
final class Deadline {
    private final boolean limited;
    private final long atNanos;

    /** @param timeoutNanos from now on; 0 or less: no limit */
    Deadline(long timeoutNanos) {
        this.limited = timeoutNanos > 0;
        this.atNanos = limited ? System.nanoTime() + timeoutNanos : 0;
    }

    /** What is left; 0: no limit, negative: over. */
    long leftNanos() {
        if (!limited) {
            return 0;
        }
        long left = atNanos - System.nanoTime();
        return left == 0 ? -1 : left;
    }
}
