package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.EventContext;
import io.virtuoso.guest.core.HostSocket;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The keys of one of our channels, as its selectors know them.
 *
 * <p>Decides which context the socket's events come to: the selector's, if there is exactly one, so that its own thread
 * takes them; else the hub's. When the channel turns out to be the platform's, the keys follow.
 */
final class ChannelKeys {
    private final HostSocket socket;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<GuestSelectionKey> keys = new ArrayList<>(1);
    private EventContext home;
    private boolean blocking = true;
    private SelectableChannel platform;

    ChannelKeys(HostSocket socket) {
        this.socket = socket;
    }

    void add(GuestSelectionKey key) throws IOException {
        lock.lock();
        try {
            keys.add(key);
            if (platform != null) {
                key.followTo(platform);
            } else {
                socket.addWatcher(key);
                settle();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Idempotent. */
    void remove(GuestSelectionKey key) {
        lock.lock();
        try {
            if (keys.remove(key) && platform == null) {
                socket.removeWatcher(key);
                settle();
            }
        } finally {
            lock.unlock();
        }
    }

    /** @return which of reading and writing, as far as asked for, would not block; all asked for after an end or error */
    int readyForData(int interestOps) {
        int wanted = (interestOps & SelectionKey.OP_READ) != 0 ? HostSocket.READ : 0;
        wanted |= (interestOps & SelectionKey.OP_WRITE) != 0 ? HostSocket.WRITE : 0;
        int ready = wanted == 0 ? 0 : socket.readiness(wanted);
        if ((ready & (HostSocket.HANGUP | HostSocket.ERROR)) != 0) {
            return interestOps;
        }
        return ((ready & HostSocket.READ) != 0 ? SelectionKey.OP_READ : 0)
                | ((ready & HostSocket.WRITE) != 0 ? SelectionKey.OP_WRITE : 0);
    }

    /** A blocking channel's events are nobody's business but the waiting threads'. */
    void setBlocking(boolean now) {
        lock.lock();
        try {
            blocking = now;
            if (platform == null) {
                settle();
            } else {
                // The platform's channel must not take a key for valid that the program has cancelled.
                keys.stream().filter(key -> !key.isValid()).forEach(GuestSelectionKey::cancelPlatformKey);
            }
        } finally {
            lock.unlock();
        }
    }

    private void settle() {
        EventContext fitting = fittingHome();
        if (fitting == home) {
            return;
        }
        home = fitting;
        socket.moveTo(fitting);
        keys.forEach(GuestSelectionKey::lookAgain);
    }

    private EventContext fittingHome() {
        GuestSelectionKey only = null;
        for (GuestSelectionKey key : keys) {
            if (key.isValid()) {
                if (only != null) {
                    return null;
                }
                only = key;
            }
        }
        return only == null || blocking ? null : only.selector().context();
    }

    /** The channel's state has changed by other means than an event. */
    void lookAgain() {
        lock.lock();
        try {
            keys.forEach(GuestSelectionKey::lookAgain);
        } finally {
            lock.unlock();
        }
    }

    /** From now on the channel is one of the platform's. */
    void followTo(SelectableChannel channel) throws IOException {
        lock.lock();
        try {
            platform = channel;
            if (home != null) {
                home = null;
                socket.moveTo(null);
            }
            for (GuestSelectionKey key : keys) {
                socket.removeWatcher(key);
                if (key.isValid()) {
                    key.followTo(channel);
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
