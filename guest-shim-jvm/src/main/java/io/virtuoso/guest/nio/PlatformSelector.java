package io.virtuoso.guest.nio;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;

/**
 * The platform's channels within our selector: a selector of the platform, whose keys have ours attached and which is
 * never waited on, but for its epoll descriptor.
 */
final class PlatformSelector {
    private final AbstractSelector selector;
    private final int descriptor;

    private PlatformSelector(AbstractSelector selector) throws IOException {
        this.selector = selector;
        this.descriptor = Platform.epollDescriptor(selector);
    }

    static PlatformSelector open() throws IOException {
        AbstractSelector selector = Platform.provider().openSelector();
        try {
            return new PlatformSelector(selector);
        } catch (IOException e) {
            selector.close();
            throw e;
        }
    }

    /** Readable while a channel is ready, once {@link #collect} has told it what is asked for. */
    int descriptor() {
        return descriptor;
    }

    /** A channel that the program has registered itself. */
    SelectionKey register(AbstractSelectableChannel channel, int ops, GuestSelectionKey key) {
        return Platform.register(selector, channel, ops, key);
    }

    /** A channel that stands for one of ours. */
    SelectionKey registerDelegate(SelectableChannel channel, int ops, GuestSelectionKey key) throws IOException {
        return channel.register(selector, ops, key);
    }

    boolean hasKeys() {
        return !selector.keys().isEmpty();
    }

    /** Looks who is ready now. */
    void collect(FoundKeys found) throws IOException {
        selector.selectNow(key -> {
            try {
                found.add((GuestSelectionKey) key.attachment(), key.readyOps());
            } catch (CancelledKeyException e) {
                // cancelled at this moment
            }
        });
    }

    /** Lets go of the keys that were cancelled. */
    void releaseCancelled() throws IOException {
        selector.selectNow(key -> {});
    }

    void close() throws IOException {
        selector.close();
    }
}
