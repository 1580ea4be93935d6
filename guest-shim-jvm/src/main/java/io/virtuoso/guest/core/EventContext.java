package io.virtuoso.guest.core;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A context for an event loop (a selector, a netty loop): its own thread drains it and sleeps on it, no other thread in
 * between. Outlives the host stack: it finds itself a context at the next one.
 *
 * <p>{@link #drain} and {@link #sleep} belong to one thread at a time; everything else to any.
 */
public final class EventContext implements AutoCloseable {
    private static final ThreadLocal<EventContext> LAST_USED = new ThreadLocal<>();

    private final Link link;
    private final Sleeper sleeper;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ReentrantLock renewal = new ReentrantLock();
    private volatile Context context;

    private EventContext(Link link) {
        this.link = link;
        this.sleeper = new Sleeper(link.os());
    }

    /**
     * A new one. Without a host stack, or when all contexts are taken, it works through the hub until there is one.
     *
     * @throws IllegalStateException if the process has no descriptor left
     */
    public static EventContext open() {
        EventContext made = new EventContext(Link.get());
        made.context();
        return made;
    }

    /** The event loop that this thread served last; null if it serves none. */
    static EventContext ofThisThread() {
        EventContext last = LAST_USED.get();
        return last == null || last.closed.get() ? null : last;
    }

    /** The context at the present host stack; null: there is none, or none left. */
    Context context() {
        Context now = context;
        if (now != null && !now.attachment().isDead()) {
            return now;
        }
        return renew();
    }

    private Context renew() {
        renewal.lock();
        try {
            Context now = context;
            if (now == null || now.attachment().isDead()) {
                Attachment attachment = closed.get() ? null : link.currentAttachment();
                now = attachment == null ? null : attachment.takeContext();
                context = now;
            }
            return now;
        } finally {
            renewal.unlock();
        }
    }

    /** Delivers events to watchers. @return how many */
    public int drain() {
        Context now = context();
        return now == null ? 0 : now.drain();
    }

    /**
     * Sleeps until there are events, somebody wakes this up, or time is over; does not sleep if so already. Drains
     * nothing.
     *
     * @param timeoutNanos negative: no limit
     * @param otherFd a descriptor whose readability also ends the sleep, or -1
     */
    public void sleep(long timeoutNanos, int otherFd) {
        if (LAST_USED.get() != this) {
            LAST_USED.set(this);
        }
        sleeper.sleep(context(), timeoutNanos, otherFd);
    }

    /** Whether the other descriptor was ready when the last sleep ended. */
    public boolean otherFdReady() {
        return sleeper.otherReady();
    }

    /** Ends the present sleep, or the next one at once. Cheap while the owner does not sleep. */
    public void wakeup() {
        sleeper.kick();
    }

    /** Takes a {@link #wakeup} back that has not ended a sleep. */
    public void consumeWakeup() {
        sleeper.unkick();
    }

    /** Gives the context back. Its owner is outside; sockets that still belong to it are to be moved before. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Context now = context;
            if (now != null) {
                now.attachment().giveContext(now);
            }
            sleeper.retire();
        }
    }
}
