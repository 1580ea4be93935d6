package io.virtuoso.guest.core;

import java.util.Arrays;

/**
 * The threads that wait for one socket: mostly one at most, whose coming and going allocates nothing. Changed under the
 * owner's lock; signalled and asked by any thread.
 */
final class Waiters {
    private static final Waiter[] NONE = {};

    private volatile Waiter first;
    private volatile Waiter[] others = NONE;
    private Waiter spare;

    /** The calling thread comes; see {@link Waiter#begin}. */
    Waiter enter(Sleeper place) {
        Waiter waiter = spare != null ? spare : new Waiter();
        spare = null;
        waiter.begin(place);
        if (first == null) {
            first = waiter;
        } else {
            Waiter[] more = Arrays.copyOf(others, others.length + 1);
            more[others.length] = waiter;
            others = more;
        }
        return waiter;
    }

    void leave(Waiter waiter) {
        if (first == waiter) {
            first = null;
        } else {
            others = others.length == 1
                    ? NONE
                    : Arrays.stream(others).filter(other -> other != waiter).toArray(Waiter[]::new);
        }
        waiter.end();
        spare = waiter;
    }

    boolean isEmpty() {
        return first == null && others.length == 0;
    }

    /** Something may have changed. */
    void signal() {
        Waiter one = first;
        if (one != null) {
            one.signal();
        }
        for (Waiter other : others) {
            other.signal();
        }
    }
}
