package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.HostSocket;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.IntUnaryOperator;

/** A channel's registration with our selector: one of our channels, or one of the platform's behind a key of its own. */
final class GuestSelectionKey extends AbstractSelectionKey implements HostSocket.Watcher {
    private static final AtomicIntegerFieldUpdater<GuestSelectionKey> INTEREST =
            AtomicIntegerFieldUpdater.newUpdater(GuestSelectionKey.class, "interestOps");

    private final GuestSelector selector;
    private final AbstractSelectableChannel channel;
    private final ReadyQueue.Place<GuestSelectionKey> place = new ReadyQueue.Place<>(this);
    private volatile int interestOps;
    private volatile int readyOps;
    private volatile SelectionKey platformKey;
    private boolean watched; // the selector's own mark

    GuestSelectionKey(GuestSelector selector, AbstractSelectableChannel channel) {
        this.selector = selector;
        this.channel = channel;
    }

    // ---- for programs ------------------------------------------------------------------------

    @Override
    public SelectableChannel channel() {
        return channel;
    }

    @Override
    public GuestSelector selector() {
        return selector;
    }

    @Override
    public int interestOps() {
        checkValid();
        return interestOps;
    }

    @Override
    public SelectionKey interestOps(int ops) {
        checkValid();
        checkOps(ops);
        changeInterest(before -> ops);
        return this;
    }

    @Override
    public int interestOpsOr(int ops) {
        checkValid();
        checkOps(ops);
        return changeInterest(before -> before | ops);
    }

    @Override
    public int interestOpsAnd(int ops) {
        checkValid();
        return changeInterest(before -> before & ops);
    }

    @Override
    public int readyOps() {
        checkValid();
        return readyOps;
    }

    private void checkValid() {
        if (!isValid()) {
            throw new CancelledKeyException();
        }
    }

    private void checkOps(int ops) {
        if ((ops & ~channel.validOps()) != 0) {
            throw new IllegalArgumentException();
        }
    }

    private int changeInterest(IntUnaryOperator change) {
        int before = INTEREST.getAndUpdate(this, change);
        int now = interestOps;
        if (now == before) {
            return before;
        }
        // Written before this is read; who follows to the platform does it the other way round.
        SelectionKey platform = platformKey;
        if (platform == null) {
            selector.queue(place);
        } else {
            tell(platform, now);
        }
        return before;
    }

    private static void tell(SelectionKey platform, int ops) {
        try {
            platform.interestOps(ops);
        } catch (CancelledKeyException e) {
            // the channel was closed at this moment: our key is about to be cancelled, too
        }
    }

    // ---- for the selector --------------------------------------------------------------------

    /** Takes part from now on. */
    void begin(int ops) throws IOException {
        interestOps = ops;
        if (channel instanceof OwnChannel ours) {
            ours.selectionKeys().add(this);
            selector.queue(place);
        } else {
            platformKey = selector.platform().register(channel, ops, this);
        }
    }

    /** What one of our channels is ready for now; 0 for the platform's, which are asked otherwise. */
    int readyNow() {
        int ops = interestOps;
        if (ops == 0 || platformKey != null || !isValid() || !channel.isOpen()) {
            return 0;
        }
        return ((OwnChannel) channel).readyOps(ops) & ops;
    }

    /** Interest without the check that the key is valid. */
    int interest() {
        return interestOps;
    }

    /** Without the check that the key is valid. */
    int ready() {
        return readyOps;
    }

    void setReady(int ops) {
        readyOps = ops;
    }

    /** @return true: the selector did not look at this key so far, but does now */
    boolean startWatch() {
        boolean first = !watched;
        watched = true;
        return first;
    }

    void endWatch() {
        watched = false;
    }

    /** Takes no part any more. Idempotent. */
    void end() {
        if (channel instanceof OwnChannel ours) {
            ours.selectionKeys().remove(this);
        }
    }

    /** @return whether there was one, so that the platform's selector must let go of it */
    boolean cancelPlatformKey() {
        SelectionKey platform = platformKey;
        if (platform != null) {
            platform.cancel();
        }
        return platform != null;
    }

    // ---- for the channel ---------------------------------------------------------------------

    /** The channel is the platform's from now on. */
    void followTo(SelectableChannel platform) throws IOException {
        SelectionKey key = selector.platform().registerDelegate(platform, interestOps, this);
        platformKey = key;
        tell(key, interestOps);
        selector.kick();
    }

    /** The channel is to be looked at, also by a select that is under way. */
    void lookAgain() {
        if (selector.queue(place)) {
            selector.kick();
        }
    }

    @Override
    public void onEvent(HostSocket socket) {
        selector.onEvent(place);
    }

    @Override
    public String toString() {
        String state = isValid() ? "interestOps=" + interestOps + ", readyOps=" + readyOps : "invalid";
        return "channel=" + channel + ", selector=" + selector + ", " + state;
    }
}
