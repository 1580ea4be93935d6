package io.virtuoso.conformance;

import static io.virtuoso.conformance.Channels.text;
import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.eventually;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.failsWith;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/** What {@link DatagramChannel} promises. */
final class Datagrams {
    private static final int LARGEST = 65507;

    private Datagrams() {}

    /** Bound to a port of the own address. */
    static DatagramChannel bound() throws IOException {
        return keep(DatagramChannel.open()).bind(own(0));
    }

    /** A server, and a client that is connected to it. */
    static DatagramChannel[] pair() throws IOException {
        final DatagramChannel server = bound();
        final DatagramChannel client = keep(DatagramChannel.open()).connect(server.getLocalAddress());
        return new DatagramChannel[] {server, client};
    }

    /** The next datagram is this one. @return who sent it */
    static SocketAddress hear(final DatagramChannel channel, final String expected) throws IOException {
        final ByteBuffer buffer = ByteBuffer.allocate(expected.length() + 10);
        final SocketAddress from = channel.receive(buffer);
        check(from != null, "nothing came");
        same(said(buffer), expected);
        return from;
    }

    private static String said(final ByteBuffer buffer) {
        return new String(buffer.array(), 0, buffer.position(), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** Waits until there is one, and leaves it there. */
    private static void awaitDatagram(final DatagramChannel channel) throws IOException {
        try (Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            same(selector.select(Support.SOON), 1);
        }
        channel.configureBlocking(true);
    }

    private static SocketAddress closedPort() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open().bind(own(Support.reservedPort()))) {
            return channel.getLocalAddress();
        }
    }

    // --- bytes ---

    @Case
    static void datagramsKeepTheirBorders() throws Exception {
        final DatagramChannel server = bound();
        final DatagramChannel client = keep(DatagramChannel.open());
        final SocketAddress where = server.getLocalAddress();
        same(client.send(text("one"), where), 3);
        same(client.send(text(""), where), 0);
        same(client.send(text("three"), where), 5);
        final InetSocketAddress from = (InetSocketAddress) hear(server, "one");
        same(from.getAddress(), own());
        same(from.getPort(), ((InetSocketAddress) client.getLocalAddress()).getPort());
        hear(server, "");
        hear(server, "three");
        same(server.send(text("back"), from), 4);
        same(hear(client, "back"), where);
    }

    @Case
    static void longDatagramsAreCut() throws Exception {
        final DatagramChannel[] pair = pair();
        pair[1].write(text("too long"));
        pair[1].write(text("next"));
        final ByteBuffer small = ByteBuffer.allocate(4);
        check(pair[0].receive(small) != null, "nothing");
        same(said(small), "too ");
        hear(pair[0], "next");
        pair[1].write(text("lost"));
        check(pair[0].receive(ByteBuffer.allocate(0)) != null, "nothing");
        pair[1].write(text("kept"));
        hear(pair[0], "kept");
    }

    @Case
    static void theLargestDatagram() throws Exception {
        final DatagramChannel[] pair = pair();
        final byte[] bytes = new byte[LARGEST];
        Bytes.fill(bytes, bytes.length, 81, 0);
        for (final boolean direct : new boolean[] {false, true}) {
            final ByteBuffer out = direct ? ByteBuffer.allocateDirect(LARGEST) : ByteBuffer.allocate(LARGEST);
            out.put(bytes).flip();
            same(pair[1].write(out), LARGEST);
            final ByteBuffer in = direct ? ByteBuffer.allocateDirect(70000) : ByteBuffer.allocate(70000);
            check(pair[0].receive(in) != null, "nothing");
            same(in.flip(), ByteBuffer.wrap(bytes));
        }
        fails(IOException.class, "Message too long", () -> pair[1].write(ByteBuffer.allocate(LARGEST + 1)));
        final DatagramChannel other = keep(DatagramChannel.open());
        fails(
                SocketException.class,
                "Message too long",
                () -> other.send(ByteBuffer.allocate(LARGEST + 1), pair[0].getLocalAddress()));
    }

    @Case(seconds = 90)
    static void datagramsOfEverySize() throws Exception {
        final DatagramChannel[] pair = pair();
        final byte[] bytes = new byte[4096];
        final ByteBuffer in = ByteBuffer.allocate(bytes.length);
        for (int i = 0; i < 800; i++) {
            final int size = 1 + i * 977 % bytes.length;
            Bytes.fill(bytes, size, i, 0);
            same(pair[1].write(ByteBuffer.wrap(bytes, 0, size)), size);
            check(pair[0].receive(in.clear()) != null, "nothing");
            same(in.flip(), ByteBuffer.wrap(bytes, 0, size));
        }
    }

    @Case
    static void gatherAndScatter() throws Exception {
        final DatagramChannel[] pair = pair();
        final ByteBuffer one = ByteBuffer.allocate(3);
        final ByteBuffer other = ByteBuffer.allocate(8);
        pair[0].connect(pair[1].getLocalAddress());
        same(pair[1].write(new ByteBuffer[] {text("ga"), text(""), text("ther")}), 6L);
        same(pair[0].read(new ByteBuffer[] {one, other}), 6L);
        same(said(one), "gat");
        same(said(other), "her");
        pair[1].write(new ByteBuffer[] {text("not this"), text("this"), text("nor this")}, 1, 1);
        hear(pair[0], "this");
        same(pair[1].write(text("")), 0); // which the JDK does not send to a peer
        same(pair[1].send(text(""), pair[0].getLocalAddress()), 0);
        pair[1].write(text("read"));
        same(pair[0].read(ByteBuffer.allocate(0)), 0); // and this takes none
        same(pair[0].read(one.clear()), 3);
        same(said(one), "rea");
    }

    // --- peers ---

    @Case
    static void connectedChannelsHearTheirPeerOnly() throws Exception {
        final DatagramChannel[] pair = pair();
        final DatagramChannel stranger = keep(DatagramChannel.open());
        check(pair[1].isConnected() && !pair[0].isConnected(), "connected");
        same(pair[1].getRemoteAddress(), pair[0].getLocalAddress());
        same(((InetSocketAddress) pair[1].getLocalAddress()).getAddress(), own());
        stranger.send(text("no"), pair[1].getLocalAddress());
        pair[0].send(text("yes"), pair[1].getLocalAddress());
        same(hear(pair[1], "yes"), pair[0].getLocalAddress());
        pair[1].configureBlocking(false);
        pause(Support.QUIET);
        same(pair[1].receive(ByteBuffer.allocate(9)), null);
        same(pair[1].read(ByteBuffer.allocate(9)), 0);
        fails(AlreadyConnectedException.class, () -> pair[1].send(text("x"), stranger.getLocalAddress()));
        same(pair[1].send(text("to the peer"), pair[0].getLocalAddress()), 11);
        hear(pair[0], "to the peer");
    }

    @Case
    static void connectAndDisconnect() throws Exception {
        final DatagramChannel[] pair = pair();
        final DatagramChannel other = bound();
        fails(AlreadyConnectedException.class, () -> pair[1].connect(other.getLocalAddress()));
        final int port = ((InetSocketAddress) pair[1].getLocalAddress()).getPort();
        same(pair[1].disconnect(), pair[1]);
        check(!pair[1].isConnected(), "connected");
        same(pair[1].getRemoteAddress(), null);
        final InetSocketAddress local = (InetSocketAddress) pair[1].getLocalAddress();
        same(local.getPort(), port);
        check(local.getAddress().isAnyLocalAddress(), "bound to " + local);
        fails(NotYetConnectedException.class, () -> pair[1].write(text("x")));
        fails(NotYetConnectedException.class, () -> pair[1].read(ByteBuffer.allocate(1)));
        other.send(text("anybody"), new InetSocketAddress(own(), port));
        hear(pair[1], "anybody");
        pair[1].connect(other.getLocalAddress());
        pair[1].write(text("again"));
        hear(other, "again");
        same(pair[1].disconnect().disconnect(), pair[1]);
    }

    @Case
    static void connectingThrowsAwayWhatHasCome() throws Exception {
        final DatagramChannel[] pair = pair();
        pair[1].write(text("early"));
        awaitDatagram(pair[0]);
        pair[0].connect(pair[1].getLocalAddress());
        pair[1].write(text("late"));
        hear(pair[0], "late");
    }

    // --- names ---

    @Case
    static void namesBeforeAndAfter() throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open());
        same(channel.getLocalAddress(), null);
        same(channel.getRemoteAddress(), null);
        channel.bind(null);
        final InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        check(local.getPort() > 0 && local.getAddress().isAnyLocalAddress(), "bound to " + local);
        fails(AlreadyBoundException.class, () -> channel.bind(null));
        channel.close();
        fails(ClosedChannelException.class, channel::getLocalAddress);
        fails(ClosedChannelException.class, channel::getRemoteAddress);
        fails(ClosedChannelException.class, () -> channel.bind(null));
        failsWith(ClosedChannelException.class, () -> channel.receive(ByteBuffer.allocate(1)));
        failsWith(ClosedChannelException.class, () -> channel.send(text("x"), own(9)));
        failsWith(ClosedChannelException.class, () -> channel.read(ByteBuffer.allocate(1)));
        fails(ClosedChannelException.class, () -> channel.connect(own(9)));
        same(channel.disconnect(), channel);
    }

    @Case
    static void sendingBinds() throws Exception {
        final DatagramChannel server = bound();
        final DatagramChannel channel = keep(DatagramChannel.open());
        channel.send(text("x"), server.getLocalAddress());
        final InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        check(local.getPort() > 0 && local.getAddress().isAnyLocalAddress(), "bound to " + local);
        same(((InetSocketAddress) hear(server, "x")).getPort(), local.getPort());
    }

    @Case
    static void portsAndWhoMayShareThem() throws Exception {
        final DatagramChannel first = keep(DatagramChannel.open()).bind(own(Support.reservedPort()));
        final DatagramChannel second = keep(DatagramChannel.open());
        final SocketAddress where = first.getLocalAddress();
        fails(BindException.class, "Address already in use", () -> second.bind(where));
        first.close();
        second.bind(where);
        final DatagramChannel[] shared = new DatagramChannel[2];
        for (int i = 0; i < shared.length; i++) {
            shared[i] = keep(DatagramChannel.open());
            shared[i].setOption(StandardSocketOptions.SO_REUSEPORT, true);
            shared[i].bind(i == 0 ? own(0) : shared[0].getLocalAddress());
            shared[i].configureBlocking(false);
        }
        for (int i = 0; i < 40; i++) {
            keep(DatagramChannel.open()).send(text("x"), shared[0].getLocalAddress());
        }
        for (final DatagramChannel one : shared) {
            eventually("both got some", () -> one.receive(ByteBuffer.allocate(1)) != null);
        }
    }

    @Case
    static void badAddresses() throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open(StandardProtocolFamily.INET));
        final InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nobody.invalid", 9);
        fails(UnresolvedAddressException.class, () -> channel.send(text("x"), unresolved));
        fails(UnresolvedAddressException.class, () -> channel.connect(unresolved));
        fails(UnsupportedAddressTypeException.class, () -> channel.connect(new InetSocketAddress("::1", 9)));
        fails(UnsupportedAddressTypeException.class, () -> channel.bind(new InetSocketAddress("::1", 0)));
        fails(SocketException.class, "Can't connect to port 0", () -> channel.connect(own(0)));
        fails(SocketException.class, "Can't send to port 0", () -> channel.send(text("x"), own(0)));
        fails(NullPointerException.class, () -> channel.send(text("x"), null));
        fails(
                IllegalArgumentException.class,
                () -> channel.receive(ByteBuffer.allocate(1).asReadOnlyBuffer()));
    }

    // --- errors ---

    @Case
    static void nobodyReceives() throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open()).connect(closedPort());
        channel.write(text("a"));
        fails(PortUnreachableException.class, () -> channel.read(ByteBuffer.allocate(1)));
        channel.configureBlocking(false);
        same(channel.read(ByteBuffer.allocate(1)), 0); // told once
        channel.write(text("b"));
        eventually("told", () -> {
            try {
                return channel.receive(ByteBuffer.allocate(1)) != null;
            } catch (final PortUnreachableException e) {
                return true;
            }
        });
        check(channel.isOpen() && channel.isConnected(), "closed");
    }

    @Case
    static void unconnectedChannelsAreNotTold() throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open());
        channel.configureBlocking(false);
        final SocketAddress nobody = closedPort();
        channel.send(text("a"), nobody);
        pause(Support.QUIET);
        same(channel.receive(ByteBuffer.allocate(1)), null);
        same(channel.send(text("b"), nobody), 1);
    }

    // --- waiting ---

    @Case
    static void notBlocking() throws Exception {
        final DatagramChannel[] pair = pair();
        pair[0].configureBlocking(false);
        same(pair[0].receive(ByteBuffer.allocate(9)), null);
        pair[1].write(text("x"));
        eventually("there", () -> pair[0].receive(ByteBuffer.allocate(9)) != null);
    }

    @Case
    static void blockedReceiversWake() throws Exception {
        final DatagramChannel[] pair = pair();
        final Job receiver = blocked(() -> hear(pair[0], "awaited"));
        pair[1].write(text("awaited"));
        receiver.join();
        final Job reader = blocked(() -> same(pair[1].read(ByteBuffer.allocate(9)), 6));
        pair[0].send(text("answer"), pair[1].getLocalAddress());
        reader.join();
    }

    @Case
    static void closeWakesReceivers() throws Exception {
        final DatagramChannel channel = bound();
        final Job receiver =
                blocked(() -> fails(AsynchronousCloseException.class, () -> channel.receive(ByteBuffer.allocate(1))));
        channel.close();
        receiver.join();
        final DatagramChannel unbound = keep(DatagramChannel.open());
        final Job other =
                blocked(() -> fails(AsynchronousCloseException.class, () -> unbound.receive(ByteBuffer.allocate(1))));
        unbound.close();
        other.join();
    }

    @Case
    static void interruptClosesTheChannel() throws Exception {
        final DatagramChannel channel = bound();
        final Job receiver =
                blocked(() -> fails(ClosedByInterruptException.class, () -> channel.receive(ByteBuffer.allocate(1))));
        receiver.interrupt();
        receiver.join();
        check(!channel.isOpen(), "open");
        final DatagramChannel other = bound();
        Support.job(() -> {
                    Thread.currentThread().interrupt();
                    fails(ClosedByInterruptException.class, () -> other.send(text("x"), own(9)));
                    check(Thread.interrupted(), "not interrupted");
                })
                .join();
        check(!other.isOpen(), "open");
    }

    @Case(since = 21, seconds = 90)
    static void virtualThreadsWaitForDatagrams() throws Exception {
        final DatagramChannel server = bound();
        final Thread[] threads = new Thread[100];
        final java.util.concurrent.atomic.AtomicInteger answers = new java.util.concurrent.atomic.AtomicInteger();
        for (int i = 0; i < threads.length; i++) {
            threads[i] = VirtualThreads.unstarted(() -> {
                try (DatagramChannel client = DatagramChannel.open().connect(server.getLocalAddress())) {
                    client.write(text("ask"));
                    if (client.read(ByteBuffer.allocate(9)) == 6) {
                        answers.incrementAndGet();
                    }
                } catch (final IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            threads[i].start();
        }
        for (int i = 0; i < threads.length; i++) {
            server.send(text("answer"), hear(server, "ask"));
        }
        for (final Thread thread : threads) {
            thread.join(Support.SOON);
        }
        same(answers.get(), threads.length);
    }

    // --- selectors ---

    @Case
    static void selectedForReadingAndWriting() throws Exception {
        final DatagramChannel[] pair = pair();
        final Selector selector = keep(Selector.open());
        pair[0].configureBlocking(false);
        final SelectionKey key = pair[0].register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        same(selector.select(), 1);
        same(key.readyOps(), SelectionKey.OP_WRITE);
        key.interestOps(SelectionKey.OP_READ);
        selector.selectedKeys().clear();
        same(selector.select(30), 0);
        final Job selecting = blocked(() -> same(selector.select(), 1));
        pair[1].write(text("s"));
        selecting.join();
        check(key.isReadable(), "not readable");
        hear(pair[0], "s");
        selector.selectedKeys().clear();
        same(selector.selectNow(), 0);
    }

    @Case
    static void selectedBeforeTheFirstDatagram() throws Exception {
        final DatagramChannel server = bound();
        final DatagramChannel client = keep(DatagramChannel.open());
        final Selector selector = keep(Selector.open());
        client.configureBlocking(false);
        final SelectionKey key = client.register(selector, SelectionKey.OP_WRITE);
        same(selector.select(), 1);
        key.interestOps(SelectionKey.OP_READ);
        selector.selectedKeys().clear();
        same(selector.selectNow(), 0);
        client.send(text("ask"), server.getLocalAddress());
        server.send(text("answer"), hear(server, "ask"));
        same(selector.select(Support.SOON), 1);
        hear(client, "answer");
    }

    @Case
    static void selectedForAnError() throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open()).connect(closedPort());
        final Selector selector = keep(Selector.open());
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
        channel.write(text("a"));
        same(selector.select(Support.SOON), 1);
        fails(PortUnreachableException.class, () -> channel.read(ByteBuffer.allocate(1)));
    }

    @Case
    static void closedWhileSelected() throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open()).bind(own(Support.reservedPort()));
        final Selector selector = keep(Selector.open());
        channel.configureBlocking(false);
        final SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        final SocketAddress where = channel.getLocalAddress();
        channel.close();
        check(!key.isValid(), "valid");
        same(selector.selectNow(), 0);
        keep(DatagramChannel.open()).bind(where);
    }
}
