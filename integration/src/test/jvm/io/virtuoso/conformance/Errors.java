package io.virtuoso.conformance;

import static io.virtuoso.conformance.Bytes.expect;
import static io.virtuoso.conformance.Bytes.write;
import static io.virtuoso.conformance.Channels.text;
import static io.virtuoso.conformance.Support.address;
import static io.virtuoso.conformance.Support.among;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.dead;
import static io.virtuoso.conformance.Support.eventually;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.failsWith;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.pause;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;

/** Which exception for which mistake. */
final class Errors {
    private static final String FOREIGN = "198.51.100.1"; // nobody's

    private Errors() {}

    @Case
    static void refused(final Kind kind) throws Exception {
        final InetSocketAddress where = dead();
        fails(ConnectException.class, "Connection refused", () -> kind.connect(where));
    }

    @Case
    static void socketThatWasRefusedIsClosed(final Kind kind) throws Exception {
        final InetSocketAddress where = dead();
        final Wire wire = kind.open();
        fails(ConnectException.class, "Connection refused", () -> kind.connect(wire, where));
        final Throwable again = failsWith(IOException.class, () -> kind.connect(wire, where));
        if (kind.isPlainSocket()) {
            among(again.getMessage(), "Socket is closed", "Socket closed"); // before JDK 25
        } else {
            check(again instanceof ClosedChannelException, "threw " + again);
        }
    }

    @Case
    static void addressInUse(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        fails(BindException.class, "Address already in use", () -> kind.listen(listener.local(), 5));
        fails(BindException.class, "Address already in use", () -> kind.listen(listener.local(), 5, true));
        fails(
                BindException.class,
                "Address already in use",
                () -> kind.listen(new InetSocketAddress(listener.local().getPort()), 5));
        final Wire client = kind.open();
        fails(BindException.class, "Address already in use", () -> kind.bind(client, listener.local()));
    }

    @Case
    static void anyListenerTakesThePortOfAllAddresses(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 5);
        fails(
                BindException.class,
                "Address already in use",
                () -> kind.listen(own(listener.local().getPort()), 5));
    }

    @Case
    static void inUseAlthoughOnlyBound(final Kind kind) throws Exception {
        final InetSocketAddress where = dead();
        fails(BindException.class, "Address already in use", () -> kind.listen(where, 5));
    }

    @Case
    static void bindToAForeignAddress(final Kind kind) throws Exception {
        final InetSocketAddress foreign = new InetSocketAddress(address(FOREIGN), 0);
        fails(BindException.class, "Cannot assign requested address", () -> kind.listen(foreign, 5));
        final Wire wire = kind.open();
        fails(BindException.class, "Cannot assign requested address", () -> kind.bind(wire, foreign));
    }

    @Case
    static void bindTwice(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        kind.bind(wire, own(0));
        if (kind.isSocket()) {
            fails(SocketException.class, "Already bound", () -> kind.bind(wire, own(0)));
        } else {
            fails(AlreadyBoundException.class, null, () -> kind.bind(wire, own(0)));
        }
    }

    @Case
    static void connectTwice(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Support.Body again = () -> kind.connect(pair.client, pair.listener.local());
        if (kind.isPlainSocket()) {
            among(fails(SocketException.class, again).getMessage(), "already connected", "Already connected");
        } else if (kind == Kind.ADAPTOR) {
            check(isAlreadyConnected(failsWith(Exception.class, again)), "wrong exception");
        } else {
            fails(AlreadyConnectedException.class, null, again);
        }
        write(pair.client, "fine");
        expect(pair.server, "fine");
    }

    /** Unchecked on JDK 17. */
    private static boolean isAlreadyConnected(final Throwable failure) {
        return failure instanceof AlreadyConnectedException
                || failure instanceof SocketException
                        && failure.getMessage()
                                .toLowerCase(java.util.Locale.ROOT)
                                .equals("already connected");
    }

    @Case
    static void notConnected(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        if (kind.isSocket()) {
            fails(SocketException.class, "Socket is not connected", () -> wire.read(new byte[1], 0, 1));
            fails(SocketException.class, "Socket is not connected", () -> write(wire, "x"));
        } else {
            fails(NotYetConnectedException.class, null, () -> wire.read(new byte[1], 0, 1));
            fails(NotYetConnectedException.class, null, () -> write(wire, "x"));
        }
    }

    @Case
    static void unresolvedName(final Kind kind) throws Exception {
        final InetSocketAddress nowhere = InetSocketAddress.createUnresolved("nobody.invalid", 80);
        if (kind.isPlainSocket()) {
            fails(UnknownHostException.class, "nobody.invalid", () -> kind.connect(nowhere));
        } else if (kind == Kind.ADAPTOR) {
            fails(UnknownHostException.class, () -> kind.connect(nowhere));
        } else {
            fails(UnresolvedAddressException.class, null, () -> kind.connect(nowhere));
        }
    }

    /** An address that nobody has told a way to. Guests always know one: through the machine. */
    @Case
    static void noWayThere(final Kind kind) throws Exception {
        final String unreachable = Support.variable("CONF_UNREACHABLE", "");
        if (unreachable.isEmpty()) {
            Support.skip("CONF_UNREACHABLE is not set");
        }
        final InetSocketAddress where = new InetSocketAddress(address(unreachable), 80);
        fails(SocketException.class, "Network is unreachable", () -> kind.connect(where));
    }

    @Case
    static void portZeroIsRefused(final Kind kind) throws Exception {
        fails(ConnectException.class, "Connection refused", () -> kind.connect(own(0)));
    }

    /** Those who were told that they are connected are accepted; the others are not lost but late. */
    @Case(of = Kind.SELECTED)
    static void backlogOverflowLosesNobodyWhoConnected(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen(own(0), 3);
        final SocketChannel[] clients = new SocketChannel[8];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = Support.keep(java.nio.channels.SocketChannel.open());
            clients[i].configureBlocking(false);
            boolean done = clients[i].connect(listener.local());
            for (int k = 0; k < 20 && !done; k++) {
                pause(1);
                done = clients[i].finishConnect();
            }
        }
        eventually("three are connected", () -> connected(clients) >= 3);
        pause(Support.QUIET);
        final int connected = connected(clients);
        check(connected < clients.length, "all are connected");
        for (int i = 0; i < connected; i++) {
            listener.accept();
        }
    }

    private static int connected(final SocketChannel[] channels) throws IOException {
        int connected = 0;
        for (final SocketChannel channel : channels) {
            connected += channel.finishConnect() ? 1 : 0;
        }
        return connected;
    }

    @Case
    static void emptyAndWrongArguments(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        fails(IndexOutOfBoundsException.class, () -> pair.client.read(new byte[4], 2, 3));
        fails(IndexOutOfBoundsException.class, () -> pair.client.write(new byte[4], 2, 3));
        fails(IndexOutOfBoundsException.class, () -> pair.client.read(new byte[4], -1, 1));
        write(pair.client, "fine");
        expect(pair.server, "fine");
    }

    @Case
    static void connectWithoutBlocking() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        final SocketChannel channel = keep(SocketChannel.open());
        channel.configureBlocking(false);
        check(!channel.isConnected() && !channel.isConnectionPending(), "fresh");
        if (!channel.connect(listener.getLocalAddress())) {
            check(channel.isConnectionPending() && !channel.isConnected(), "pending");
            fails(ConnectionPendingException.class, null, () -> channel.connect(listener.getLocalAddress()));
            eventually("connected", channel::finishConnect);
        }
        check(channel.isConnected() && !channel.isConnectionPending(), "connected");
        check(channel.finishConnect(), "once more");
        fails(AlreadyConnectedException.class, null, () -> channel.connect(listener.getLocalAddress()));
        channel.write(text("a"));
        Channels.expect(listener.accept(), "a");
    }

    @Case
    static void refusedWithoutBlocking() throws Exception {
        final SocketChannel channel = keep(SocketChannel.open());
        channel.configureBlocking(false);
        final InetSocketAddress where = dead();
        fails(ConnectException.class, "Connection refused", () -> {
            channel.connect(where);
            eventually("refused", channel::finishConnect);
        });
        check(!channel.isOpen(), "open after a failed connect");
    }

    @Case
    static void connectToNowhereIsInProgress() throws Exception {
        final SocketChannel channel = keep(SocketChannel.open());
        channel.configureBlocking(false);
        check(!channel.connect(Support.silent()), "connected");
        check(!channel.finishConnect() && channel.isConnectionPending(), "finished");
        fails(NotYetConnectedException.class, null, () -> channel.read(ByteBuffer.allocate(1)));
        fails(NotYetConnectedException.class, null, () -> channel.write(text("x")));
        fails(NotYetConnectedException.class, null, channel::shutdownOutput);
        fails(ConnectionPendingException.class, null, () -> channel.bind(null));
        channel.close();
        failsWith(ClosedChannelException.class, channel::finishConnect);
    }
}
