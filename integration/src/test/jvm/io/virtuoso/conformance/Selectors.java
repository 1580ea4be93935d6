package io.virtuoso.conformance;

import static io.virtuoso.conformance.Channels.text;
import static io.virtuoso.conformance.Support.QUIET;
import static io.virtuoso.conformance.Support.SOON;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.dead;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Set;

/** Readiness: when a selector finds which operation of which channel. */
final class Selectors {
    static final int READ = SelectionKey.OP_READ;
    static final int WRITE = SelectionKey.OP_WRITE;

    private Selectors() {}

    static Selector open() throws IOException {
        return keep(Selector.open());
    }

    static SelectionKey register(final Selector selector, final SocketChannel channel, final int operations)
            throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, operations);
    }

    /** Selects; the keys found are taken out of the set. Waits at most as long as what must happen may take. */
    static Set<SelectionKey> next(final Selector selector) throws IOException {
        return next(selector, SOON);
    }

    static Set<SelectionKey> next(final Selector selector, final int milliseconds) throws IOException {
        selector.select(milliseconds);
        final Set<SelectionKey> found = new HashSet<>(selector.selectedKeys());
        selector.selectedKeys().clear();
        return found;
    }

    /** Only this key is found, with these operations. */
    static void expect(final Selector selector, final SelectionKey key, final int operations) throws IOException {
        same(next(selector), Set.of(key));
        same(key.readyOps(), operations);
    }

    static void expectNothing(final Selector selector) throws IOException {
        same(next(selector, QUIET), Set.of());
    }

    @Case
    static void readableAndWritable() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ | WRITE);
        expect(selector, key, WRITE);
        pair[0].write(text("x"));
        Support.eventually("both", () -> next(selector).contains(key) && key.readyOps() == (READ | WRITE));
        check(key.isReadable() && key.isWritable() && !key.isConnectable() && !key.isAcceptable(), "tests");
    }

    @Case
    static void levelRepeatsUntilRead() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        expectNothing(selector);
        pair[0].write(text("abc"));
        expect(selector, key, READ);
        expect(selector, key, READ);
        same(pair[1].read(ByteBuffer.allocate(2)), 2);
        expect(selector, key, READ);
        same(pair[1].read(ByteBuffer.allocate(2)), 1);
        expectNothing(selector);
        pair[0].write(text("d"));
        expect(selector, key, READ);
    }

    @Case
    static void readyWhenRegistered() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[0].write(text("before"));
        Support.pause(20);
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        expect(selector, key, READ);
    }

    @Case
    static void writableEndsWhenFullAndComesBack() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[0], WRITE);
        expect(selector, key, WRITE);
        final int queued = Channels.fill(pair[0]);
        expectNothing(selector);
        final ByteBuffer in = ByteBuffer.allocate(queued);
        while (in.hasRemaining()) {
            pair[1].read(in);
        }
        expect(selector, key, WRITE);
    }

    @Case
    static void peerCloseIsReadableAgainAndAgain() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        pair[0].close();
        expect(selector, key, READ);
        same(pair[1].read(ByteBuffer.allocate(1)), -1);
        expect(selector, key, READ);
        same(pair[1].write(text("x")), 1); // half closed only, as far as we know
    }

    @Case
    static void dataThenEnd() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        pair[0].write(text("last"));
        pair[0].shutdownOutput();
        expect(selector, key, READ);
        Channels.expect(pair[1], "last");
        expect(selector, key, READ);
        same(pair[1].read(ByteBuffer.allocate(1)), -1);
    }

    @Case
    static void resetIsReadableAndWritable() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        pair[0].setOption(StandardSocketOptions.SO_LINGER, 0);
        pair[0].close();
        expect(selector, key, READ);
        key.interestOps(READ | WRITE);
        expect(selector, key, READ | WRITE);
        fails(java.net.SocketException.class, "Connection reset", () -> pair[1].read(ByteBuffer.allocate(1)));
    }

    @Case
    static void ownInputShutIsReadable() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], READ);
        expectNothing(selector);
        pair[1].shutdownInput();
        expect(selector, key, READ);
        same(pair[1].read(ByteBuffer.allocate(1)), -1);
    }

    @Case
    static void ownOutputShutStaysWritable() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], WRITE);
        pair[1].shutdownOutput();
        expect(selector, key, WRITE);
    }

    @Case
    static void connectEndsConnectable() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        final Selector selector = open();
        final SocketChannel channel = keep(SocketChannel.open());
        final SelectionKey key = register(selector, channel, SelectionKey.OP_CONNECT);
        if (!channel.connect(listener.getLocalAddress())) {
            expect(selector, key, SelectionKey.OP_CONNECT);
            check(key.isConnectable(), "not connectable");
            check(channel.finishConnect(), "not finished");
        }
        key.interestOps(WRITE);
        expect(selector, key, WRITE);
    }

    @Case
    static void refusedConnectIsConnectable() throws Exception {
        final Selector selector = open();
        final SocketChannel channel = keep(SocketChannel.open());
        final SelectionKey key = register(selector, channel, SelectionKey.OP_CONNECT);
        final java.net.InetSocketAddress where = dead();
        fails(ConnectException.class, "Connection refused", () -> {
            channel.connect(where);
            expect(selector, key, SelectionKey.OP_CONNECT);
            channel.finishConnect();
        });
        check(!channel.isOpen() && !key.isValid(), "open");
    }

    @Case
    static void pendingConnectIsSilent() throws Exception {
        final Selector selector = open();
        final SocketChannel channel = keep(SocketChannel.open());
        register(selector, channel, SelectionKey.OP_CONNECT);
        channel.connect(Support.silent());
        expectNothing(selector);
        channel.close();
        expectNothing(selector);
        same(selector.keys().size(), 0);
    }

    @Case
    static void interestInConnectBeforeConnecting() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        final Selector selector = open();
        final SocketChannel channel = keep(SocketChannel.open());
        channel.configureBlocking(false);
        final boolean done = channel.connect(listener.getLocalAddress());
        final SelectionKey key = channel.register(selector, done ? WRITE : SelectionKey.OP_CONNECT | READ);
        same(next(selector), Set.of(key));
        check(channel.finishConnect(), "not connected");
    }

    @Case
    static void listenerLevel() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        listener.configureBlocking(false);
        final Selector selector = open();
        final SelectionKey key = listener.register(selector, SelectionKey.OP_ACCEPT);
        expectNothing(selector);
        keep(SocketChannel.open(listener.getLocalAddress()));
        keep(SocketChannel.open(listener.getLocalAddress()));
        expect(selector, key, SelectionKey.OP_ACCEPT);
        check(key.isAcceptable(), "not acceptable");
        check(listener.accept() != null, "nobody");
        expect(selector, key, SelectionKey.OP_ACCEPT);
        check(listener.accept() != null, "nobody");
        expectNothing(selector);
        same(listener.accept(), null);
    }

    @Case
    static void interestChangesMatter() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector selector = open();
        final SelectionKey key = register(selector, pair[1], 0);
        pair[0].write(text("x"));
        expectNothing(selector);
        same(key.interestOps(READ), key);
        expect(selector, key, READ);
        same(key.interestOpsAnd(~READ), READ);
        expectNothing(selector);
        same(key.interestOpsOr(WRITE), 0);
        expect(selector, key, WRITE);
        key.interestOps(READ);
        same(key.interestOps(), READ);
        expect(selector, key, READ);
    }

    @Case
    static void oneChannelInTwoSelectors() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        final Selector first = open();
        final Selector second = open();
        final SelectionKey one = register(first, pair[1], READ);
        final SelectionKey two = register(second, pair[1], READ | WRITE);
        expect(second, two, WRITE);
        expectNothing(first);
        pair[0].write(text("x"));
        expect(first, one, READ);
        Support.eventually("both", () -> next(second).contains(two) && two.readyOps() == (READ | WRITE));
        same(pair[1].read(ByteBuffer.allocate(5)), 1);
        expectNothing(first);
        expect(second, two, WRITE);
        one.cancel();
        first.selectNow();
        two.interestOps(READ);
        pair[0].write(text("y"));
        expect(second, two, READ);
        check(pair[1].isRegistered(), "registered");
    }

    @Case
    static void manyChannelsFewReady() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        final Selector selector = open();
        final SocketChannel[] clients = new SocketChannel[300];
        final SelectionKey[] keys = new SelectionKey[clients.length];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = keep(SocketChannel.open(listener.getLocalAddress()));
            keys[i] = register(selector, keep(listener.accept()), READ);
        }
        expectNothing(selector);
        for (final int i : new int[] {7, 150, 299}) {
            clients[i].write(text("x"));
            expect(selector, keys[i], READ);
            Channels.expect((SocketChannel) keys[i].channel(), "x");
        }
        for (final SocketChannel client : clients) {
            client.write(text("y"));
        }
        Support.eventually("all are found at once", () -> next(selector).size() == clients.length);
        selector.selectNow();
        same(selector.selectedKeys().size(), clients.length);
    }
}
