package io.virtuoso.guest.netty;

import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.net.SocketOption;

/**
 * A socket option of the JDK as one of netty, for example
 * {@code VirtuosoChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)}.
 *
 * @param <T> of its value
 */
@SuppressWarnings("deprecation") // the one way to make an option that is not shared by name
public final class VirtuosoChannelOption<T> extends ChannelOption<T> {
    private final SocketOption<T> option;

    private VirtuosoChannelOption(SocketOption<T> option) {
        super(option.name());
        this.option = option;
    }

    /** The option of netty for one of the JDK. */
    public static <T> ChannelOption<T> of(SocketOption<T> option) {
        return new VirtuosoChannelOption<>(option);
    }

    /** @return false if sockets of this kind have no such option */
    boolean set(StreamSocket socket, boolean server, T value) {
        if (!StreamSocket.supportedOptions(server).contains(option)) {
            return false;
        }
        set(socket, option, value);
        return true;
    }

    /** @return null if sockets of this kind have no such option */
    T get(StreamSocket socket, boolean server) {
        return StreamSocket.supportedOptions(server).contains(option) ? get(socket, option) : null;
    }

    static <V> void set(StreamSocket socket, SocketOption<V> option, V value) {
        try {
            socket.setOption(option, value);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    static <V> V get(StreamSocket socket, SocketOption<V> option) {
        try {
            return socket.getOption(option);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }
}
