package io.virtuoso.guest.nio;

import static io.virtuoso.guest.nio.Smoke.check;
import static io.virtuoso.guest.nio.Smoke.equal;
import static io.virtuoso.guest.nio.Smoke.get;
import static io.virtuoso.guest.nio.Smoke.mustThrow;
import static io.virtuoso.guest.nio.Smoke.pause;
import static io.virtuoso.guest.nio.Smoke.start;

import io.virtuoso.guest.nio.Smoke.Pair;
import io.virtuoso.guest.nio.Smoke.Scene;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.FutureTask;

/** The platform's channels among ours. */
@SuppressWarnings("try") // closes in the middle are what is tried
final class SmokeMixed {
    void addTo(Map<String, Scene> scenes) {
        scenes.put("pipe-and-socket", this::pipeAndSocket);
        scenes.put("datagram", this::datagram);
        scenes.put("platform-cancel", this::platformCancel);
        scenes.put("fallback-registered", this::fallbackRegistered);
        scenes.put("fallback-blocking", this::fallbackBlocking);
        scenes.put("fallback-sleeping", this::fallbackSleeping);
        scenes.put("loopback", this::loopback);
        scenes.put("unix", this::unix);
    }

    private void pipeAndSocket() throws Exception {
        Pipe pipe = Pipe.open();
        try (Selector selector = Selector.open();
                Pair pair = Pair.open()) {
            pipe.source().configureBlocking(false);
            pair.client.configureBlocking(false);
            SelectionKey source = pipe.source().register(selector, SelectionKey.OP_READ);
            SelectionKey socket = pair.client.register(selector, SelectionKey.OP_READ);
            equal(0, selector.select(50));
            for (int i = 0; i < 20; i++) {
                FutureTask<Object> select = start(() -> selector.select());
                pause(10);
                pipe.sink().write(ByteBuffer.wrap(new byte[1]));
                equal(1, get(select));
                check(source.isReadable() && selector.selectedKeys().contains(source), "the pipe");
                equal(1, pipe.source().read(ByteBuffer.allocate(5)));
                selector.selectedKeys().clear();
                FutureTask<Object> second = start(() -> selector.select());
                pause(10);
                pair.server.write(ByteBuffer.wrap(new byte[1]));
                equal(1, get(second));
                check(socket.isReadable() && selector.selectedKeys().contains(socket), "the socket");
                equal(1, pair.client.read(ByteBuffer.allocate(5)));
                selector.selectedKeys().clear();
            }
            pipe.sink().close();
            equal(1, selector.select());
            pipe.source().close();
            check(!source.isValid(), "cancelled");
            equal(0, selector.select(50));
            equal(1, selector.keys().size());
        }
    }

    private void datagram() throws Exception {
        try (Selector selector = Selector.open();
                DatagramChannel one = DatagramChannel.open(StandardProtocolFamily.INET);
                DatagramChannel two = DatagramChannel.open(StandardProtocolFamily.INET)) {
            one.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            one.configureBlocking(false);
            SelectionKey key = one.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            equal(1, selector.select());
            equal(SelectionKey.OP_WRITE, key.readyOps());
            key.interestOps(SelectionKey.OP_READ);
            selector.selectedKeys().clear();
            equal(0, selector.select(30));
            two.send(ByteBuffer.wrap(new byte[4]), one.getLocalAddress());
            equal(1, selector.select());
            check(key.isReadable(), "readable");
            check(one.receive(ByteBuffer.allocate(10)) != null, "received");
            equal(1, selector.select(k -> {}, 1) + 1);
        }
    }

    private void platformCancel() throws Exception {
        try (Selector selector = Selector.open();
                DatagramChannel channel = DatagramChannel.open()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
            equal(1, selector.select());
            key.cancel();
            channel.configureBlocking(true);
            channel.configureBlocking(false);
            equal(0, selector.selectNow());
            check(!channel.isRegistered(), "not registered");
            SelectionKey again = channel.register(selector, SelectionKey.OP_WRITE);
            equal(1, selector.select());
            check(again.isWritable(), "writable");
        }
    }

    private static ServerSocketChannel onLoopback() throws Exception {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private void fallbackRegistered() throws Exception {
        try (Selector selector = Selector.open();
                ServerSocketChannel server = onLoopback();
                SocketChannel client = SocketChannel.open()) {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            client.configureBlocking(false);
            server.configureBlocking(false);
            SelectionKey accept = server.register(selector, SelectionKey.OP_ACCEPT);
            SelectionKey key = client.register(selector, SelectionKey.OP_CONNECT);
            if (!client.connect(server.getLocalAddress())) {
                while (!key.isConnectable()) {
                    selector.select(5000);
                }
                check(client.finishConnect(), "connected");
            }
            check(client.getOption(StandardSocketOptions.TCP_NODELAY), "option kept");
            key.interestOps(SelectionKey.OP_READ);
            while (!accept.isAcceptable()) {
                selector.select(5000);
            }
            SocketChannel accepted = server.accept();
            selector.selectedKeys().clear();
            accepted.write(ByteBuffer.wrap(new byte[3]));
            equal(1, selector.select(5000));
            check(key.isReadable() && key.channel() == client, "readable");
            equal(3, client.read(ByteBuffer.allocate(10)));
            accepted.configureBlocking(false);
            SelectionKey raw = accepted.register(selector, SelectionKey.OP_READ);
            client.write(ByteBuffer.wrap(new byte[2]));
            selector.selectedKeys().clear();
            equal(1, selector.select(5000));
            check(raw.isReadable(), "readable");
            key.cancel();
            client.configureBlocking(true);
            client.close();
            equal(0, selector.selectNow() & 4);
            accepted.close();
            selector.selectNow();
            equal(1, selector.keys().size());
        }
    }

    private void fallbackBlocking() throws Exception {
        try (ServerSocketChannel server = onLoopback();
                SocketChannel client = SocketChannel.open()) {
            client.connect(server.getLocalAddress());
            SocketChannel accepted = server.accept();
            accepted.write(ByteBuffer.wrap(new byte[3]));
            equal(3, client.read(ByteBuffer.allocate(10)));
            client.socket().setSoTimeout(50);
            mustThrow(
                    java.net.SocketTimeoutException.class,
                    () -> client.socket().getInputStream().read());
            Thread.currentThread().interrupt();
            mustThrow(ClosedByInterruptException.class, () -> client.read(ByteBuffer.allocate(1)));
            Thread.interrupted();
            check(!client.isOpen(), "closed with the platform's");
            accepted.close();
        }
    }

    private void fallbackSleeping() throws Exception {
        try (Selector selector = Selector.open();
                ServerSocketChannel server = onLoopback();
                SocketChannel client = SocketChannel.open()) {
            client.configureBlocking(false);
            client.register(selector, SelectionKey.OP_CONNECT);
            equal(0, selector.select(1) & 2);
            selector.selectedKeys().clear();
            FutureTask<Object> select = start(() -> selector.select(5000));
            pause(50);
            client.connect(server.getLocalAddress());
            get(select);
            check(client.finishConnect(), "connected");
        }
    }

    private void loopback() throws Exception {
        try (ServerSocketChannel server = Smoke.listen()) {
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            InetSocketAddress target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            try (SocketChannel client = SocketChannel.open(target);
                    SocketChannel accepted = server.accept()) {
                equal(target, client.getRemoteAddress());
                client.write(ByteBuffer.wrap(new byte[3]));
                equal(3, accepted.read(ByteBuffer.allocate(10)));
            }
            try (SocketChannel client = SocketChannel.open(new InetSocketAddress(port));
                    SocketChannel accepted = server.accept()) {
                accepted.write(ByteBuffer.wrap(new byte[3]));
                equal(3, client.read(ByteBuffer.allocate(10)));
            }
        }
    }

    private void unix() throws Exception {
        java.nio.file.Path folder = java.nio.file.Files.createTempDirectory("smoke");
        java.nio.file.Path path = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(java.net.UnixDomainSocketAddress.of(path));
            try (SocketChannel client = SocketChannel.open(java.net.UnixDomainSocketAddress.of(path))) {
                client.write(ByteBuffer.wrap(new byte[1]));
                equal(1, server.accept().read(ByteBuffer.allocate(9)));
            }
        }
        java.nio.file.Files.delete(path);
        java.nio.file.Files.delete(folder);
    }
}
