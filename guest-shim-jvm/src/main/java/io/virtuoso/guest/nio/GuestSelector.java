package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.EventContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Collections;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Selects among channels of the host stack, whose events come to this selector's own context, and channels of the
 * platform.
 *
 * <p>A look costs what is ready, not what is registered: only keys that were ready at the last look, had an event or
 * were changed are asked. Locks, in this order: the selector, its selected keys.
 */
final class GuestSelector extends AbstractSelector {
    private static final long FOR_EVER = -1;
    private static final SelectionKey[] NO_KEYS = {};

    private final EventContext context;
    private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
    private final Set<SelectionKey> publicKeys = Collections.unmodifiableSet(keys);
    private final Set<SelectionKey> selected = new HashSet<>();
    private final Set<SelectionKey> publicSelected = new UngrowableSet<>(selected);
    private final ReadyQueue<GuestSelectionKey> queue = new ReadyQueue<>();
    private final WatchList watchList = new WatchList();
    private final FoundKeys found = new FoundKeys();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Object platformLock = new Object();
    private volatile PlatformSelector platform;
    private boolean selecting; // guarded by this

    /** Whose events need no waking. Written by that thread, and only that thread finds itself in it. */
    private Thread draining;

    private GuestSelector(SelectorProvider provider, EventContext context) {
        super(provider);
        this.context = context;
    }

    static GuestSelector open(SelectorProvider provider) throws IOException {
        try {
            return new GuestSelector(provider, EventContext.open());
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    EventContext context() {
        return context;
    }

    // ---- keys --------------------------------------------------------------------------------

    @Override
    public Set<SelectionKey> keys() {
        checkOpen();
        return publicKeys;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        checkOpen();
        return publicSelected;
    }

    private void checkOpen() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
        if (!(channel instanceof OwnChannel) && !Platform.isSelectable(channel)) {
            throw new IllegalSelectorException();
        }
        checkOpen();
        GuestSelectionKey key = new GuestSelectionKey(this, channel);
        key.attach(attachment);
        keys.add(key);
        try {
            key.begin(ops);
        } catch (ClosedChannelException e) {
            abandon(key);
            throw new CancelledKeyException();
        } catch (IOException e) {
            abandon(key);
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            abandon(key);
            throw e;
        }
        if (!isOpen()) {
            abandon(key);
            throw new ClosedSelectorException();
        }
        return key;
    }

    private void abandon(GuestSelectionKey key) {
        keys.remove(key);
        key.end();
        key.cancelPlatformKey();
        key.cancel();
    }

    /** The platform's part, made when it is needed first. */
    PlatformSelector platform() throws IOException {
        PlatformSelector now = platform;
        if (now != null) {
            return now;
        }
        synchronized (platformLock) {
            checkOpen();
            if (platform == null) {
                platform = PlatformSelector.open();
            }
            return platform;
        }
    }

    private void releaseCancelled() throws IOException {
        SelectionKey[] cancelled = takeCancelled();
        if (cancelled.length == 0) {
            return;
        }
        boolean ofPlatform = false;
        for (SelectionKey key : cancelled) {
            ofPlatform |= ((GuestSelectionKey) key).cancelPlatformKey();
        }
        PlatformSelector now = platform;
        if (ofPlatform && now != null) {
            // Before ours go: a channel that is registered again must not meet its former key there.
            now.releaseCancelled();
        }
        for (SelectionKey key : cancelled) {
            release((GuestSelectionKey) key);
        }
    }

    private SelectionKey[] takeCancelled() {
        Set<SelectionKey> cancelled = cancelledKeys();
        synchronized (cancelled) {
            if (cancelled.isEmpty()) {
                return NO_KEYS;
            }
            SelectionKey[] taken = cancelled.toArray(NO_KEYS);
            cancelled.clear();
            return taken;
        }
    }

    private void release(GuestSelectionKey key) throws IOException {
        key.end();
        keys.remove(key);
        selected.remove(key);
        SelectableChannel channel = key.channel();
        if (channel.keyFor(this) == key) {
            deregister(key);
        } else {
            key.cancel(); // its registration is about to find out that the selector is closed
        }
        Platform.release(channel);
    }

    // ---- events ------------------------------------------------------------------------------

    /** A key is to be looked at by the next look. Any thread. @return false if that was so already */
    boolean queue(ReadyQueue.Place<GuestSelectionKey> place) {
        return queue.offer(place);
    }

    /** Ends the sleep of a select that is under way, for another look. Any thread. */
    void kick() {
        context.wakeup();
    }

    /** A socket has an event. Any thread: this selector's own while it drains, or another one. */
    void onEvent(ReadyQueue.Place<GuestSelectionKey> place) {
        if (queue.offer(place) && draining != Thread.currentThread()) {
            kick();
        }
    }

    @Override
    public Selector wakeup() {
        if (!woken.getAndSet(true)) {
            context.wakeup();
        }
        return this;
    }

    // ---- selecting ---------------------------------------------------------------------------

    @Override
    public int select() throws IOException {
        return lockAndSelect(null, FOR_EVER);
    }

    @Override
    public int select(long timeout) throws IOException {
        return lockAndSelect(null, nanos(timeout));
    }

    @Override
    public int selectNow() throws IOException {
        return lockAndSelect(null, 0);
    }

    @Override
    public int select(Consumer<SelectionKey> action) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), FOR_EVER);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeout) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), nanos(timeout));
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), 0);
    }

    private static long nanos(long timeoutMillis) {
        if (timeoutMillis < 0) {
            throw new IllegalArgumentException("Negative timeout");
        }
        return timeoutMillis == 0 ? FOR_EVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    }

    private int lockAndSelect(Consumer<SelectionKey> action, long timeoutNanos) throws IOException {
        synchronized (this) {
            checkOpen();
            if (selecting) {
                throw new IllegalStateException("select in progress");
            }
            selecting = true;
            try {
                synchronized (publicSelected) {
                    return doSelect(action, timeoutNanos);
                }
            } finally {
                selecting = false;
            }
        }
    }

    private int doSelect(Consumer<SelectionKey> action, long timeoutNanos) throws IOException {
        try {
            releaseCancelled();
            look();
            if (timeoutNanos != 0 && found.isEmpty()) {
                begin();
                try {
                    waitUntilFound(timeoutNanos);
                } finally {
                    end();
                }
            }
            woken.set(false);
            releaseCancelled();
            return deliver(action);
        } finally {
            found.clear();
        }
    }

    private void waitUntilFound(long timeoutNanos) throws IOException {
        boolean limited = timeoutNanos > 0;
        long end = limited ? System.nanoTime() + timeoutNanos : 0;
        while (found.isEmpty() && !woken.get()) {
            long left = limited ? end - System.nanoTime() : FOR_EVER;
            if (limited && left <= 0) {
                return;
            }
            PlatformSelector other = platform;
            SelectSleep.sleep(context, left, other == null ? -1 : other.descriptor());
            releaseCancelled(); // lest a key that nobody wants any more ends every sleep
            look();
        }
    }

    /** Finds out who is ready, without waiting. */
    private void look() throws IOException {
        draining = Thread.currentThread();
        context.drain();
        draining = null;
        queue.drain(watchList);
        watchList.look(found);
        PlatformSelector other = platform;
        if (other != null && other.hasKeys()) {
            other.collect(found);
        }
    }

    private int deliver(Consumer<SelectionKey> action) {
        int count = 0;
        for (int i = 0; i < found.size(); i++) {
            GuestSelectionKey key = found.key(i);
            int ready = found.readyOps(i) & key.interest();
            if (!key.isValid()) {
                continue;
            }
            if (action == null) {
                count += select(key, ready) ? 1 : 0;
            } else {
                key.setReady(ready);
                if (ready != 0) {
                    action.accept(key);
                    checkOpen();
                    count++;
                }
            }
        }
        return count;
    }

    /** Puts a key among the selected ones. @return whether anything is new about it */
    private boolean select(GuestSelectionKey key, int ready) {
        if (selected.contains(key)) {
            int before = key.ready();
            key.setReady(before | ready);
            return (before | ready) != before;
        }
        key.setReady(ready);
        return ready != 0 && selected.add(key);
    }

    // ---- closing -----------------------------------------------------------------------------

    @Override
    protected void implCloseSelector() throws IOException {
        wakeup();
        synchronized (this) {
            synchronized (publicSelected) {
                synchronized (platformLock) {
                    if (platform != null) {
                        platform.close();
                    }
                }
                for (SelectionKey key : keys) {
                    release((GuestSelectionKey) key);
                }
                context.close();
            }
        }
    }

    @Override
    public String toString() {
        return "GuestSelector[" + (isOpen() ? keys.size() + " keys" : "closed") + "]";
    }
}
