package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.eventually;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** Many at once, and what is dropped. */
final class Load {
    private Load() {}

    @Case(of = {Kind.SOCKET, Kind.VIRTUAL, Kind.CHANNEL, Kind.ASYNC})
    static void fiveHundredConnectionsOpenAtOnce(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Wire[] clients = new Wire[500];
        final Wire[] servers = new Wire[clients.length];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = kind.connect(listener.local());
            servers[i] = listener.accept();
        }
        for (int i = 0; i < clients.length; i++) {
            clients[i].write(new byte[] {(byte) i});
            servers[i].write(new byte[] {(byte) (i + 1)});
        }
        for (int i = 0; i < clients.length; i++) {
            same(Bytes.read(servers[i], 1)[0], (byte) i);
            same(Bytes.read(clients[i], 1)[0], (byte) (i + 1));
        }
    }

    @Case
    static void thousandConnectionsInOneSelector() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        listener.configureBlocking(false);
        final Selector selector = keep(Selector.open());
        listener.register(selector, SelectionKey.OP_ACCEPT);
        final Job clients = Support.job(() -> {
            final SocketChannel[] channels = new SocketChannel[1000];
            for (int i = 0; i < channels.length; i++) {
                channels[i] = keep(SocketChannel.open(listener.getLocalAddress()));
                channels[i].write(ByteBuffer.wrap(new byte[] {(byte) i}));
            }
            for (int i = 0; i < channels.length; i++) {
                Channels.expect(channels[i], String.valueOf((char) (i & 0xff)));
                channels[i].close();
            }
        });
        int ended = 0;
        while (ended < 1000) {
            check(selector.select(Support.SOON) > 0, "nothing happens after " + ended + " of 1000");
            for (final SelectionKey key : selector.selectedKeys()) {
                ended += serve(listener, key);
            }
            selector.selectedKeys().clear();
        }
        clients.join();
    }

    /** Accepts all, or echoes. @return 1 if the connection is at its end */
    private static int serve(final ServerSocketChannel listener, final SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            for (SocketChannel one = listener.accept(); one != null; one = listener.accept()) {
                Selectors.register(key.selector(), one, SelectionKey.OP_READ);
            }
            return 0;
        }
        final SocketChannel channel = (SocketChannel) key.channel();
        final ByteBuffer buffer = ByteBuffer.allocate(16);
        if (channel.read(buffer) < 0) {
            channel.close();
            return 1;
        }
        channel.write(buffer.flip());
        return 0;
    }

    @Case(seconds = 90)
    static void twentyStreamsAtOnce(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        final Job[] jobs = new Job[40];
        for (int i = 0; i < 20; i++) {
            final Wire client = kind.connect(listener.local());
            final Wire server = listener.accept();
            jobs[2 * i] = Bytes.sending(client, i, 300_000);
            jobs[2 * i + 1] = Bytes.receiving(server, i, 300_000);
        }
        for (final Job job : jobs) {
            job.join(80_000);
        }
    }

    @Case
    static void droppedSocketsAreClosed() throws Exception {
        final ServerSocket listener = Support.serverSocket();
        final Socket[] servers = new Socket[5];
        for (int i = 0; i < servers.length; i++) {
            connectAndForget(listener.getLocalPort());
            servers[i] = keep(listener.accept());
            servers[i].setSoTimeout(50);
        }
        eventually("all are closed", () -> {
            System.gc();
            int ended = 0;
            for (final Socket server : servers) {
                ended += isAtEnd(server) ? 1 : 0;
            }
            return ended == servers.length;
        });
    }

    private static void connectAndForget(final int port) throws IOException {
        check(new Socket(own(), port).isConnected(), "not connected");
    }

    private static boolean isAtEnd(final Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (final SocketTimeoutException e) {
            return false;
        }
    }

    /** Whether the port can be bound says less: by chance another case's connection may have had it since. */
    @Case
    static void droppedListenersAreClosed() throws Exception {
        final InetSocketAddress listener = new InetSocketAddress(own(), listenAndForget());
        eventually("nobody listens", () -> {
            System.gc();
            try (Socket probe = new Socket()) {
                probe.connect(listener, 200);
                return false;
            } catch (final ConnectException e) {
                return true;
            } catch (final SocketTimeoutException | SocketException e) { // its queue is full, or it is being closed
                return false;
            }
        });
    }

    private static int listenAndForget() throws IOException {
        return new ServerSocket(0, 5, own()).getLocalPort();
    }

    @Case(seconds = 90)
    static void openAndCloseWithoutLeak() throws Exception {
        Children.run("open-and-close"); // where no other case opens anything meanwhile
    }

    /** In a JVM of its own. */
    static void openAndClose() throws Exception {
        for (final Kind kind : Kind.values()) {
            final Wire.Ear listener = kind == Kind.VIRTUAL ? null : kind.listen();
            if (listener != null) {
                connectOften(kind, listener, 50);
                final int before = descriptors();
                connectOften(kind, listener, 200);
                final int more = descriptors() - before;
                check(more < 50, kind + " left " + more + " descriptors open");
            }
        }
    }

    private static void connectOften(final Kind kind, final Wire.Ear listener, final int times) throws IOException {
        for (int i = 0; i < times; i++) {
            final Wire client = kind.connect(listener.local());
            final Wire server = listener.accept();
            Bytes.write(client, "x");
            Bytes.expect(server, "x");
            client.close();
            server.close();
        }
    }

    private static int descriptors() {
        return new java.io.File("/proc/self/fd").list().length;
    }
}
