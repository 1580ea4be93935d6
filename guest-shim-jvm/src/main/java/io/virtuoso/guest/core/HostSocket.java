package io.virtuoso.guest.core;

import java.io.IOException;
import java.net.SocketOption;

/** What all sockets of this JVM at the host stack have in common: readiness, waiting, options, an end. Any thread. */
public abstract class HostSocket {
    /** Interest in, or readiness for, reading; for a listener, accepting. */
    public static final int READ = 1;

    /** Interest in, or readiness for, writing; for a connect that is under way, its outcome. */
    public static final int WRITE = 2;

    /** In results: the connection is over in both directions, or there is none. */
    public static final int HANGUP = 4;

    /** In results: the connection has failed, or an error waits to be reported. */
    public static final int ERROR = 8;

    /** Result of {@link #await}: an interest holds. */
    public static final int READY = 0;

    /** Result of {@link #await}: time is over. */
    public static final int TIMEOUT = 1;

    /** Result of {@link #await}: {@link #wakeWaiters} was called. */
    public static final int WOKEN = 2;

    /** Result of {@link #await}: the thread was interrupted; its flag is still set. */
    public static final int INTERRUPTED = 3;

    /** Hears that something may have changed for a socket. */
    public interface Watcher {
        /**
         * Called by whichever thread took the event, also when nothing has changed; must not block.
         *
         * @param socket the one that may have changed
         */
        void onEvent(HostSocket socket);
    }

    private final Home home = new Home();
    private final WaitList waits = new WaitList(this, home);

    HostSocket() {}

    final Home home() {
        return home;
    }

    final WaitList waits() {
        return waits;
    }

    /** The present use of a slot; null: none. */
    abstract SlotUse use();

    /** The host stack was away and is back: takes the socket's place there again. Called by the hub. */
    abstract void comeBack(Attachment attachment);

    /**
     * What holds now. For interests that do not, a notice is asked for: watchers and waiters hear of it.
     *
     * @param interest READ, WRITE or both
     * @return those that hold, and HANGUP or ERROR
     */
    public abstract int readiness(int interest);

    /** Ends the socket. Idempotent. */
    public abstract void close();

    /**
     * Sets an option.
     *
     * @throws UnsupportedOperationException if sockets of this kind have no such option
     */
    public abstract <T> void setOption(SocketOption<T> name, T value) throws IOException;

    /** An option's value. */
    public abstract <T> T getOption(SocketOption<T> name) throws IOException;

    /**
     * Parks the calling thread, platform or virtual, until an interest holds.
     *
     * @param timeoutNanos 0 or less: no limit
     * @param interruptible false: an interrupt is remembered and set again at the end
     * @return READY, TIMEOUT, WOKEN or INTERRUPTED
     */
    public final int await(int interest, long timeoutNanos, boolean interruptible) {
        return waits.await(interest, timeoutNanos, interruptible);
    }

    /** Ends all present and future {@link #await} calls: the socket is being closed. */
    public final void wakeWaiters() {
        waits.release();
    }

    /** The watcher hears of all events from now on. */
    public final void addWatcher(Watcher watcher) {
        waits.addWatcher(watcher);
    }

    /** The watcher hears of no events that come from now on. */
    public final void removeWatcher(Watcher watcher) {
        waits.removeWatcher(watcher);
    }

    /**
     * Whose {@link EventContext#drain} delivers this socket's events. The caller looks at the readiness afterwards.
     *
     * @param context null: the hub's thread
     */
    public final void moveTo(EventContext context) {
        home.prefer(context);
    }

    /** The attachment that knows this socket, if it is alive. */
    final Attachment attachmentInUse() {
        SlotUse now = use();
        return now == null || now.attachment().isDead() ? null : now.attachment();
    }

    /** Whether an event under this generation is for this socket's present use of a slot. */
    final boolean isUse(Attachment attachment, int generation) {
        SlotUse now = use();
        return now != null && now.generation() == generation && now.attachment() == attachment;
    }

    /** Something may have changed. Any thread. */
    final void onEvent() {
        waits.onEvent();
    }
}
