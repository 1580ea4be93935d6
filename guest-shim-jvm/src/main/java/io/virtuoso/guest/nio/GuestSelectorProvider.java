package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.Placeholder;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;

/**
 * What a guest's JVM makes its channels and selectors with. TCP and UDP are the host stack's; the rest is the platform's, but can
 * be registered with our selectors.
 */
public final class GuestSelectorProvider extends SelectorProvider {
    /** Of channels that are opened without one; null: any. */
    private static final ProtocolFamily DEFAULT_FAMILY = Routing.isIpv4Stack() ? StandardProtocolFamily.INET : null;

    private static final Object INHERITANCE = new Object();
    private static Channel inherited; // guarded by INHERITANCE; null: none was found yet

    /** For the JVM, which finds this class by its name. */
    public GuestSelectorProvider() {}

    @Override
    public DatagramChannel openDatagramChannel() {
        return new GuestDatagramChannel(this, DEFAULT_FAMILY, true);
    }

    /** What class DatagramSocket works with: a channel that interrupts do not close. */
    public static DatagramChannel openForDatagramSocket(SelectorProvider platform) {
        return new GuestDatagramChannel(platform, DEFAULT_FAMILY, false);
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        return isInternet(family)
                ? new GuestDatagramChannel(this, family, true)
                : Platform.provider().openDatagramChannel(family); // which refuses
    }

    @Override
    public Pipe openPipe() throws IOException {
        return Platform.provider().openPipe();
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        return GuestSelector.open(this);
    }

    @Override
    public SocketChannel openSocketChannel() {
        return new GuestSocketChannel(this, DEFAULT_FAMILY);
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        if (isInternet(family)) {
            return new GuestSocketChannel(this, family);
        }
        SocketChannel channel =
                Platform.provider().openSocketChannel(family); // which refuses IPv6 if that is not to be
        FallbackReason.UNIX_DOMAIN.count();
        return channel;
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() {
        return new GuestServerSocketChannel(this, DEFAULT_FAMILY);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        if (isInternet(family)) {
            return new GuestServerSocketChannel(this, family);
        }
        ServerSocketChannel channel = Platform.provider().openServerSocketChannel(family);
        FallbackReason.UNIX_DOMAIN.count();
        return channel;
    }

    private static boolean isInternet(ProtocolFamily family) {
        Objects.requireNonNull(family);
        return family == StandardProtocolFamily.INET
                || (family == StandardProtocolFamily.INET6 && !Routing.isIpv4Stack());
    }

    @Override
    public Channel inheritedChannel() throws IOException {
        synchronized (INHERITANCE) {
            if (inherited == null) {
                inherited = findInherited();
            }
            return inherited;
        }
    }

    private Channel findInherited() throws IOException {
        StreamSocket socket = Placeholder.adoptStandardInput();
        if (socket != null) {
            return socket.isListening()
                    ? GuestServerSocketChannel.listening(this, socket)
                    : GuestSocketChannel.connected(this, socket);
        }
        Channel channel = Platform.provider().inheritedChannel();
        if (channel != null) {
            FallbackReason.INHERITED.count();
        }
        return channel;
    }
}
