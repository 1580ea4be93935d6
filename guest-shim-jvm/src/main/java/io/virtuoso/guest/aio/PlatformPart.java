package io.virtuoso.guest.aio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AsynchronousChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The platform's channel behind one of ours, if the address turned out to be the platform's; and what is asked of either:
 * whether it is open, its own address, its options.
 *
 * @param <C> what kind of channel
 */
final class PlatformPart<C extends AsynchronousChannel & NetworkChannel> {
    /** What is left to do with a channel that has all options. */
    interface Binding<C> {
        void bind(C channel) throws IOException;
    }

    private final StreamSocket socket;
    private final Set<SocketOption<?>> options;
    private final ReentrantLock lock;
    private volatile C channel;
    private volatile boolean closed;

    /**
     * None yet.
     *
     * @param options of ours
     * @param lock under which the owner changes its state
     */
    PlatformPart(StreamSocket socket, Set<SocketOption<?>> options, ReentrantLock lock) {
        this.socket = socket;
        this.options = options;
        this.lock = lock;
    }

    /** Null while the socket is the host stack's, or not decided on. */
    C channel() {
        return channel;
    }

    /** From now on the other channel does the work, unless it cannot be bound. Under the owner's lock. */
    void become(C other, FallbackReason reason, Binding<C> binding) throws IOException {
        reason.count();
        try {
            socket.copyOptionsTo(other::setOption);
            binding.bind(other);
        } catch (IOException e) {
            other.close();
            throw e;
        }
        channel = other;
    }

    // ---- the end -----------------------------------------------------------------------------

    boolean isClosed() {
        return closed;
    }

    boolean isOpen() {
        C other = channel;
        return other != null ? other.isOpen() : !closed;
    }

    void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /** Closes. @return true: this is the first time, and the socket, which is the host stack's, is the caller's to close */
    boolean close() {
        C other;
        lock.lock();
        try {
            other = channel;
            if (closed && other == null) {
                return false;
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        if (other != null) {
            Closing.quietly(other);
        }
        return other == null;
    }

    // ---- names and options -------------------------------------------------------------------

    SocketAddress localAddress() throws IOException {
        checkOpen();
        C other = channel;
        return other != null ? other.getLocalAddress() : socket.localAddress();
    }

    <T> void setOption(SocketOption<T> name, T value) throws IOException {
        ChannelParts.checkOption(name, value, supportedOptions());
        lock.lock();
        try {
            checkOpen();
            C other = channel;
            if (other != null) {
                other.setOption(name, value);
            } else {
                socket.setOption(name, value);
            }
        } finally {
            lock.unlock();
        }
    }

    <T> T getOption(SocketOption<T> name) throws IOException {
        ChannelParts.checkOption(name, null, supportedOptions());
        checkOpen();
        C other = channel;
        return other != null ? other.getOption(name) : socket.getOption(name);
    }

    Set<SocketOption<?>> supportedOptions() {
        C other = channel;
        return other != null ? other.supportedOptions() : options;
    }
}
