package io.virtuoso.guest.nio;

import static io.virtuoso.guest.nio.Smoke.check;
import static io.virtuoso.guest.nio.Smoke.equal;
import static io.virtuoso.guest.nio.Smoke.mustThrow;

import io.virtuoso.guest.nio.Smoke.Pair;
import io.virtuoso.guest.nio.Smoke.Scene;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Map;

/** What channels refuse, and how. */
@SuppressWarnings("try") // closes in the middle are what is tried
final class SmokeErrors {
    void addTo(Map<String, Scene> scenes) {
        scenes.put("wrong-state", this::wrongState);
        scenes.put("wrong-address", this::wrongAddress);
        scenes.put("wrong-mode", this::wrongMode);
        scenes.put("closed", this::closed);
        scenes.put("bind", this::bind);
    }

    private void wrongState() throws Exception {
        try (SocketChannel fresh = SocketChannel.open();
                ServerSocketChannel server = ServerSocketChannel.open();
                Pair pair = Pair.open()) {
            mustThrow(NotYetConnectedException.class, () -> fresh.read(ByteBuffer.allocate(1)));
            mustThrow(NotYetConnectedException.class, () -> fresh.write(ByteBuffer.allocate(1)));
            mustThrow(NotYetConnectedException.class, fresh::shutdownInput);
            mustThrow(NoConnectionPendingException.class, fresh::finishConnect);
            mustThrow(NotYetBoundException.class, server::accept);
            mustThrow(AlreadyConnectedException.class, () -> pair.client.connect(new InetSocketAddress("10.1.1.1", 1)));
            check(pair.client.isOpen(), "still open");
            check(pair.client.finishConnect(), "connected");
            check(fresh.getLocalAddress() == null && fresh.getRemoteAddress() == null, "no address");
            mustThrow(SocketException.class, () -> fresh.socket().getInputStream());
            equal(-1, fresh.socket().getLocalPort());
            check(!fresh.isConnected() && !fresh.isConnectionPending(), "fresh");
        }
    }

    private void wrongAddress() throws Exception {
        SocketAddress strange = new SocketAddress() {
            private static final long serialVersionUID = 1;
        };
        try (SocketChannel fresh = SocketChannel.open();
                ServerSocketChannel server = ServerSocketChannel.open()) {
            mustThrow(UnsupportedAddressTypeException.class, () -> fresh.connect(strange));
            mustThrow(
                    UnresolvedAddressException.class,
                    () -> fresh.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 1)));
            mustThrow(UnsupportedAddressTypeException.class, () -> fresh.bind(strange));
            mustThrow(UnsupportedAddressTypeException.class, () -> server.bind(strange));
            mustThrow(NullPointerException.class, () -> fresh.connect(null));
            mustThrow(IllegalArgumentException.class, () -> fresh.socket().connect(null));
            mustThrow(
                    UnsupportedOperationException.class,
                    () -> server.setOption(StandardSocketOptions.TCP_NODELAY, true));
            mustThrow(NullPointerException.class, () -> fresh.setOption(null, true));
            check(fresh.isOpen(), "still open");
        }
    }

    private void wrongMode() throws Exception {
        try (SocketChannel fresh = SocketChannel.open();
                Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            mustThrow(IllegalBlockingModeException.class, () -> pair.client.register(selector, SelectionKey.OP_READ));
            pair.client.configureBlocking(false);
            mustThrow(IllegalArgumentException.class, () -> pair.client.register(selector, SelectionKey.OP_ACCEPT));
            SelectionKey key = pair.client.register(selector, SelectionKey.OP_READ);
            mustThrow(IllegalBlockingModeException.class, () -> pair.client.configureBlocking(true));
            mustThrow(IllegalArgumentException.class, () -> key.interestOps(SelectionKey.OP_ACCEPT));
            key.cancel();
            pair.client.configureBlocking(true);
            if (Smoke.isGuest()) {
                fresh.configureBlocking(false);
                try (Selector other = Platform.provider().openSelector()) {
                    mustThrow(IllegalSelectorException.class, () -> fresh.register(other, SelectionKey.OP_READ));
                }
            }
            pair.server.write(ByteBuffer.wrap(new byte[] {9}));
            equal(1, pair.client.read(ByteBuffer.allocate(5)));
        }
    }

    private void closed() throws Exception {
        Pair pair = Pair.open();
        pair.close();
        mustThrow(ClosedChannelException.class, () -> pair.client.read(ByteBuffer.allocate(1)));
        mustThrow(ClosedChannelException.class, () -> pair.client.write(ByteBuffer.allocate(1)));
        mustThrow(ClosedChannelException.class, () -> pair.client.getLocalAddress());
        mustThrow(ClosedChannelException.class, () -> pair.client.configureBlocking(false));
        mustThrow(ClosedChannelException.class, () -> pair.client.setOption(StandardSocketOptions.TCP_NODELAY, true));
        mustThrow(ClosedChannelException.class, () -> pair.client.getOption(StandardSocketOptions.TCP_NODELAY));
        mustThrow(ClosedChannelException.class, pair.client::shutdownOutput);
        ServerSocketChannel server = Smoke.listen();
        server.close();
        mustThrow(ClosedChannelException.class, server::accept);
        mustThrow(ClosedChannelException.class, () -> server.bind(null));
        mustThrow(SocketException.class, () -> pair.client.socket().setSoTimeout(1));
        Pipe pipe = Pipe.open();
        pipe.source().close();
        pipe.sink().close();
    }

    private void bind() throws Exception {
        try (ServerSocketChannel server = Smoke.listen();
                ServerSocketChannel second = ServerSocketChannel.open();
                SocketChannel client = SocketChannel.open()) {
            mustThrow(AlreadyBoundException.class, () -> server.bind(null));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            check(port > 0, "a port");
            mustThrow(BindException.class, () -> second.bind(new InetSocketAddress(port)));
            client.bind(new InetSocketAddress(Smoke.address(), 0));
            mustThrow(AlreadyBoundException.class, () -> client.bind(null));
            SocketAddress local = client.getLocalAddress();
            client.connect(Smoke.target(server));
            equal(local, client.getLocalAddress());
            server.accept().close();
        }
    }
}
