package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.HostSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The platform's channel behind one of ours, if the address turned out to be the platform's; and the options, which must
 * be the same on both.
 *
 * @param <C> what kind of channel
 */
final class PlatformPart<C extends SelectableChannel & NetworkChannel> {
    private final Channel owner;
    private final HostSocket socket;
    private final ChannelKeys keys;
    private final Set<SocketOption<?>> supported;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<SocketOption<?>, Object> options = new LinkedHashMap<>();
    private volatile C channel;

    /** @param supported the options while the socket is not the platform's */
    PlatformPart(Channel owner, HostSocket socket, ChannelKeys keys, Set<SocketOption<?>> supported) {
        this.owner = owner;
        this.socket = socket;
        this.keys = keys;
        this.supported = supported;
    }

    /** Null while the socket is the host stack's, or not decided on. */
    C channel() {
        return channel;
    }

    /** From now on the other channel does the work. Under all locks of the owner. */
    void become(C other, FallbackReason reason, boolean blocking) throws IOException {
        reason.count();
        lock.lock();
        try {
            other.configureBlocking(blocking);
            for (Map.Entry<SocketOption<?>, Object> option : options.entrySet()) {
                apply(other, option.getKey(), option.getValue());
            }
            socket.close();
            channel = other;
            keys.followTo(other);
        } catch (IOException | RuntimeException e) {
            other.close();
            throw e;
        } finally {
            lock.unlock();
        }
        if (!owner.isOpen()) {
            other.close(); // whoever closed the owner may not have seen this one
        }
    }

    @SuppressWarnings("unchecked") // it was accepted for this name
    private static <T> void apply(NetworkChannel channel, SocketOption<T> name, Object value) throws IOException {
        channel.setOption(name, (T) value);
    }

    /** Of the owner, and of the platform's channel if it does the work. Under all locks of the owner. */
    void configureBlocking(boolean block) throws IOException {
        checkOpen();
        keys.setBlocking(block);
        if (channel != null) {
            channel.configureBlocking(block);
        }
    }

    void close() throws IOException {
        C other = channel;
        if (other != null) {
            other.close();
        }
    }

    /** A call of the platform's channel has failed. If that closed the channel, its owner is closed as well. */
    void follow() throws IOException {
        C other = channel;
        if (other != null && !other.isOpen()) {
            owner.close();
        }
    }

    // ---- options -----------------------------------------------------------------------------

    <T> void setOption(SocketOption<T> name, T value) throws IOException {
        checkSupported(name);
        if (value != null && !name.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
        lock.lock();
        try {
            checkOpen();
            if (channel != null) {
                channel.setOption(name, value);
            } else {
                socket.setOption(name, value);
                options.put(name, value);
            }
        } finally {
            lock.unlock();
        }
    }

    <T> T getOption(SocketOption<T> name) throws IOException {
        checkSupported(name);
        checkOpen();
        C other = channel;
        return other != null ? other.getOption(name) : socket.getOption(name);
    }

    private void checkSupported(SocketOption<?> name) {
        Objects.requireNonNull(name);
        if (!supportedOptions().contains(name)) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }

    void checkOpen() throws ClosedChannelException {
        if (!owner.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    Set<SocketOption<?>> supportedOptions() {
        C other = channel;
        return other != null ? other.supportedOptions() : supported;
    }
}
