package io.virtuoso.guest.core;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Who is inside a socket. Every call that touches it goes in and out. Closing is a mark: nobody comes in any more, and
 * whoever is last to go out (or the one who closes, if nobody is inside) releases the socket, exactly once. Nobody ever
 * waits, so a thread may close from wherever an interrupt hits it.
 */
public final class Gate {
    private static final int CLOSING = 1 << 31;

    private final AtomicInteger inside = new AtomicInteger();

    /** Comes in. @return false: it is closed */
    public boolean enter() {
        int now;
        do {
            now = inside.get();
            if (now < 0) {
                return false;
            }
        } while (!inside.compareAndSet(now, now + 1));
        return true;
    }

    /** Goes out. @return true: the caller is the last one out of what is closed, and must release it */
    public boolean leave() {
        return inside.decrementAndGet() == CLOSING;
    }

    /** Closes, once. @return true: nobody is inside, the caller must release it */
    public boolean close() {
        int now;
        do {
            now = inside.get();
            if (now < 0) {
                return false;
            }
        } while (!inside.compareAndSet(now, now | CLOSING));
        return now == 0;
    }

    public boolean isOpen() {
        return inside.get() >= 0;
    }
}
