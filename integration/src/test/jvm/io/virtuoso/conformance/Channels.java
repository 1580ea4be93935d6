package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.dead;
import static io.virtuoso.conformance.Support.eventually;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.failsWith;
import static io.virtuoso.conformance.Support.job;
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
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/** What {@link SocketChannel} and {@link ServerSocketChannel} promise beside moving bytes. */
final class Channels {
    private Channels() {}

    static ServerSocketChannel listener() throws IOException {
        return keep(ServerSocketChannel.open()).bind(own(0), 128);
    }

    /** Writes to a non-blocking channel until neither it nor its peer takes any more. */
    static int fill(final SocketChannel channel) throws Exception {
        final SocketChannel[] other = pair();
        int queued = 0;
        for (int quiet = 0; quiet < 40; ) { // room comes back while buffers grow, on a busy machine slowly
            final int sent = channel.write(ByteBuffer.allocate(32768));
            queued += sent;
            quiet = sent == 0 ? quiet + 1 : 0;
            if (sent == 0) {
                Support.pause(5);
                other[0].write(text("m")); // who moves the bytes has not stood still meanwhile
                expect(other[1], "m");
            }
        }
        return queued;
    }

    /** Two channels, blocking, connected. */
    static SocketChannel[] pair() throws IOException {
        final ServerSocketChannel listener = listener();
        final SocketChannel client = keep(SocketChannel.open(listener.getLocalAddress()));
        return new SocketChannel[] {client, keep(listener.accept())};
    }

    static ByteBuffer text(final String text) {
        return ByteBuffer.wrap(Bytes.of(text));
    }

    static void expect(final SocketChannel channel, final String text) throws IOException {
        final ByteBuffer buffer = ByteBuffer.allocate(text.length());
        while (buffer.hasRemaining()) {
            check(channel.read(buffer) >= 0, "end of stream after " + buffer.position() + " bytes");
        }
        same(new String(buffer.array(), java.nio.charset.StandardCharsets.ISO_8859_1), text);
    }

    @Case
    static void buffersOfEveryKind() throws Exception {
        final SocketChannel[] pair = pair();
        final ByteBuffer direct = ByteBuffer.allocateDirect(10);
        direct.put(Bytes.of("-direct--"), 0, 8).flip().position(1);
        same(pair[0].write(direct), 7);
        same(direct.position(), 8);
        same(pair[0].write(text("-sliced-").position(1).limit(7).slice().asReadOnlyBuffer()), 6);
        expect(pair[1], "direct-sliced");
        final ByteBuffer in = ByteBuffer.allocateDirect(100).position(90);
        pair[0].write(text("123456789012345"));
        same(pair[1].read(in), 10);
        same(in.position(), 100);
        same(pair[1].read(in), 0);
        fails(
                IllegalArgumentException.class,
                () -> pair[1].read(ByteBuffer.allocate(4).asReadOnlyBuffer()));
        fails(NullPointerException.class, () -> pair[1].read((ByteBuffer) null));
        expect(pair[1], "12345");
    }

    @Case
    static void blockingWriteOfAPlatformThreadWritesAll() throws Exception {
        final SocketChannel[] pair = pair();
        final int size = 8 << 20;
        final Job writer = job(() -> same(pair[0].write(ByteBuffer.allocate(size)), size));
        final ByteBuffer in = ByteBuffer.allocate(size);
        while (in.hasRemaining()) {
            pair[1].read(in);
        }
        writer.join();
        final Job second = job(() -> same(
                pair[0].write(new ByteBuffer[] {ByteBuffer.allocate(size / 2), ByteBuffer.allocate(9)}),
                size / 2 + 9L));
        in.limit(size / 2 + 9).position(0);
        while (in.hasRemaining()) {
            pair[1].read(in);
        }
        second.join();
    }

    @Case
    static void finishNeedsAConnect() throws Exception {
        final SocketChannel channel = keep(SocketChannel.open());
        fails(NoConnectionPendingException.class, null, channel::finishConnect);
        channel.close();
        failsWith(ClosedChannelException.class, channel::finishConnect);
        failsWith(ClosedChannelException.class, () -> channel.connect(own(1)));
        fails(ClosedChannelException.class, null, () -> channel.bind(own(0)));
        fails(ClosedChannelException.class, null, () -> channel.configureBlocking(false));
        fails(ClosedChannelException.class, null, channel::getLocalAddress);
        fails(ClosedChannelException.class, null, channel::getRemoteAddress);
    }

    @Case
    static void finishWaitsWhenBlocking() throws Exception {
        final ServerSocketChannel listener = listener();
        final SocketChannel channel = keep(SocketChannel.open());
        channel.configureBlocking(false);
        if (!channel.connect(listener.getLocalAddress())) {
            channel.configureBlocking(true);
            check(channel.finishConnect(), "not connected");
        }
        check(channel.isConnected(), "not connected");
    }

    @Case
    static void acceptWithoutBlocking() throws Exception {
        final ServerSocketChannel listener = listener();
        listener.configureBlocking(false);
        same(listener.accept(), null);
        keep(SocketChannel.open(listener.getLocalAddress()));
        final SocketChannel[] accepted = new SocketChannel[1];
        eventually("a connection", () -> (accepted[0] = listener.accept()) != null);
        check(accepted[0].isBlocking() && accepted[0].isConnected(), "accepted");
        same(listener.accept(), null);
    }

    @Case
    static void serverMistakes() throws Exception {
        final ServerSocketChannel listener = keep(ServerSocketChannel.open());
        fails(NotYetBoundException.class, null, listener::accept);
        same(listener.getLocalAddress(), null);
        listener.bind(own(0));
        fails(java.nio.channels.AlreadyBoundException.class, null, () -> listener.bind(own(0)));
        same(listener.validOps(), SelectionKey.OP_ACCEPT);
        listener.close();
        failsWith(ClosedChannelException.class, listener::accept);
        fails(ClosedChannelException.class, null, () -> listener.bind(own(0)));
        fails(ClosedChannelException.class, null, listener::getLocalAddress);
    }

    @Case
    static void openWithAddressConnects() throws Exception {
        final ServerSocketChannel listener = listener();
        final SocketChannel channel = keep(SocketChannel.open(listener.getLocalAddress()));
        check(channel.isConnected() && channel.isBlocking() && channel.isOpen(), "connected");
        same(channel.validOps(), SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT);
        same(channel.provider(), SelectorProvider.provider());
        check(channel.toString().contains("connected"), channel.toString());
        final InetSocketAddress nobody = dead();
        fails(ConnectException.class, "Connection refused", () -> SocketChannel.open(nobody));
    }

    @Case
    static void streamsOverAChannel() throws Exception {
        final SocketChannel[] pair = pair();
        java.nio.channels.Channels.newOutputStream(pair[0]).write(Bytes.of("streams"));
        same(
                new String(
                        java.nio.channels.Channels.newInputStream(pair[1]).readNBytes(7),
                        java.nio.charset.StandardCharsets.US_ASCII),
                "streams");
        pair[1].configureBlocking(false);
        fails(
                IllegalBlockingModeException.class,
                () -> java.nio.channels.Channels.newInputStream(pair[1]).read());
    }

    @Case
    static void adaptorTellsTheChannelsState() throws Exception {
        final SocketChannel fresh = keep(SocketChannel.open());
        final Socket socket = fresh.socket();
        same(fresh.socket(), socket);
        same(socket.getChannel(), fresh);
        check(!socket.isConnected() && !socket.isBound() && !socket.isClosed(), "fresh");
        same(socket.getLocalPort(), -1);
        same(socket.getPort(), 0);
        same(socket.getInetAddress(), null);
        final ServerSocketChannel listener = listener();
        socket.connect(listener.getLocalAddress(), Support.SOON);
        check(fresh.isConnected() && socket.isConnected() && socket.isBound(), "connected");
        same(socket.getInetAddress(), own());
        same(socket.getLocalAddress(), own());
        same(socket.getLocalPort(), ((InetSocketAddress) fresh.getLocalAddress()).getPort());
        socket.shutdownOutput();
        check(socket.isOutputShutdown() && !socket.isInputShutdown(), "output");
        socket.close();
        check(!fresh.isOpen() && socket.isClosed(), "open");
    }

    @Case
    static void adaptorsReadTimesOut() throws Exception {
        final SocketChannel[] pair = pair();
        final Socket socket = pair[1].socket();
        socket.setSoTimeout(50);
        fails(
                SocketTimeoutException.class,
                "Read timed out",
                () -> socket.getInputStream().read());
        socket.setSoTimeout(Support.SOON);
        pair[0].write(text("t"));
        same(socket.getInputStream().read(), (int) 't');
        same(socket.getInputStream().available(), 0);
        socket.setSoTimeout(50);
        fails(
                SocketTimeoutException.class,
                "Read timed out",
                () -> socket.getInputStream().read());
        check(pair[1].isBlocking() && pair[1].isOpen(), "mode");
    }

    @Case
    static void adaptorsConnectTimesOut() throws Exception {
        final SocketChannel channel = keep(SocketChannel.open());
        fails(
                SocketTimeoutException.class,
                "Connect timed out",
                () -> channel.socket().connect(Support.silent(), 60));
        check(!channel.isOpen(), "open");
    }

    @Case
    static void adaptorsAcceptTimesOut() throws Exception {
        final ServerSocketChannel listener = keep(ServerSocketChannel.open());
        final ServerSocket socket = listener.socket();
        same(socket.getChannel(), listener);
        fails(SocketException.class, "Socket is not bound yet", socket::accept);
        socket.bind(own(0));
        same(socket.getLocalPort(), ((InetSocketAddress) listener.getLocalAddress()).getPort());
        socket.setSoTimeout(50);
        fails(SocketTimeoutException.class, "Accept timed out", socket::accept);
        socket.setSoTimeout(Support.SOON);
        keep(SocketChannel.open(listener.getLocalAddress()));
        final Socket accepted = socket.accept();
        check(accepted.getChannel() != null && accepted.isConnected(), "no channel");
    }

    @Case
    static void adaptorsRefuseNonblockingChannels() throws Exception {
        final SocketChannel[] pair = pair();
        pair[0].configureBlocking(false);
        final Socket socket = pair[0].socket();
        fails(IllegalBlockingModeException.class, () -> socket.getInputStream().read());
        fails(IllegalBlockingModeException.class, () -> socket.getOutputStream().write(1));
        fails(
                IllegalBlockingModeException.class,
                () -> SocketChannel.open()
                        .configureBlocking(false)
                        .register(keep(java.nio.channels.Selector.open()), 0)
                        .channel()
                        .configureBlocking(true));
        final ServerSocketChannel listener = listener();
        listener.configureBlocking(false);
        fails(IllegalBlockingModeException.class, () -> listener.socket().accept());
    }

    @Case
    static void modeChangesBetweenReads() throws Exception {
        final SocketChannel[] pair = pair();
        for (int i = 0; i < 5; i++) {
            pair[1].configureBlocking(false);
            same(pair[1].read(ByteBuffer.allocate(1)), 0);
            pair[1].configureBlocking(true);
            final Job reader = blocked(() -> expect(pair[1], "m"));
            pair[0].write(text("m"));
            reader.join();
        }
    }

    @Case
    static void shutdownStateIsOfTheChannel() throws Exception {
        final SocketChannel[] pair = pair();
        same(pair[0].shutdownInput(), pair[0]);
        same(pair[0].read(ByteBuffer.allocate(1)), -1);
        same(pair[0].shutdownOutput(), pair[0]);
        check(pair[0].isConnected() && pair[0].isOpen(), "closed");
        check(pair[0].toString().contains("ishut") && pair[0].toString().contains("oshut"), pair[0].toString());
        fails(SocketException.class, () -> pair[0].socket().getOutputStream());
    }
}
