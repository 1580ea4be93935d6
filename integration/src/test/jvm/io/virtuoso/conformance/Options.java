package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.among;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;

/** Socket options: what is set is true, what is not known is refused, and the lists of those that are known are right. */
final class Options {
    /** One that nobody knows. */
    private static final SocketOption<Integer> UNKNOWN = new SocketOption<>() {
        @Override
        public String name() {
            return "UNKNOWN";
        }

        @Override
        public Class<Integer> type() {
            return Integer.class;
        }

        @Override
        public String toString() {
            return name();
        }
    };

    private Options() {}

    private static void flagCanBeSet(final Kind kind, final SocketOption<Boolean> option) throws Exception {
        for (final Wire wire : new Wire[] {kind.open(), kind.pair().client}) {
            same(wire.get(option), false);
            wire.set(option, true);
            same(wire.get(option), true);
            wire.set(option, false);
            same(wire.get(option), false);
        }
    }

    @Case
    static void nodelayFlag(final Kind kind) throws Exception {
        flagCanBeSet(kind, StandardSocketOptions.TCP_NODELAY);
    }

    @Case
    static void keepaliveFlag(final Kind kind) throws Exception {
        flagCanBeSet(kind, StandardSocketOptions.SO_KEEPALIVE);
    }

    @Case
    static void reuseaddrFlag(final Kind kind) throws Exception {
        flagCanBeSet(kind, StandardSocketOptions.SO_REUSEADDR);
    }

    @Case
    static void reuseportFlag(final Kind kind) throws Exception {
        flagCanBeSet(kind, StandardSocketOptions.SO_REUSEPORT);
    }

    @Case
    static void keepaliveTimes(final Kind kind) throws Exception {
        for (final Wire wire : new Wire[] {kind.open(), kind.pair().client}) {
            wire.set(StandardSocketOptions.SO_KEEPALIVE, true);
            wire.set(ExtendedSocketOptions.TCP_KEEPIDLE, 33);
            wire.set(ExtendedSocketOptions.TCP_KEEPINTERVAL, 7);
            wire.set(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
            same(wire.get(ExtendedSocketOptions.TCP_KEEPIDLE), 33);
            same(wire.get(ExtendedSocketOptions.TCP_KEEPINTERVAL), 7);
            same(wire.get(ExtendedSocketOptions.TCP_KEEPCOUNT), 3);
        }
    }

    @Case
    static void keepaliveTimesThatAreWrong(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        for (final SocketOption<Integer> option : java.util.List.of(
                ExtendedSocketOptions.TCP_KEEPIDLE,
                ExtendedSocketOptions.TCP_KEEPINTERVAL,
                ExtendedSocketOptions.TCP_KEEPCOUNT)) {
            fails(SocketException.class, "Invalid argument", () -> wire.set(option, 40000));
            fails(SocketException.class, "Invalid argument", () -> wire.set(option, 0));
        }
    }

    @Case(not = Kind.ASYNC)
    static void lingerIsKept(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        same(wire.get(StandardSocketOptions.SO_LINGER), -1);
        wire.set(StandardSocketOptions.SO_LINGER, 5);
        same(wire.get(StandardSocketOptions.SO_LINGER), 5);
        wire.set(StandardSocketOptions.SO_LINGER, 0);
        same(wire.get(StandardSocketOptions.SO_LINGER), 0);
        wire.set(StandardSocketOptions.SO_LINGER, -7);
        same(wire.get(StandardSocketOptions.SO_LINGER), -1);
        wire.set(StandardSocketOptions.SO_LINGER, 70000);
        same(wire.get(StandardSocketOptions.SO_LINGER), 65535);
    }

    @Case
    static void bufferSizesAreKept(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        wire.set(StandardSocketOptions.SO_SNDBUF, 40000);
        wire.set(StandardSocketOptions.SO_RCVBUF, 50000);
        same(wire.get(StandardSocketOptions.SO_SNDBUF), 40000);
        same(wire.get(StandardSocketOptions.SO_RCVBUF), 50000);
        final Wire.Ear listener = kind.listen();
        listener.set(StandardSocketOptions.SO_RCVBUF, 60000);
        same(listener.get(StandardSocketOptions.SO_RCVBUF), 60000);
    }

    @Case
    static void bufferSizesThatAreWrong(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        fails(
                IllegalArgumentException.class,
                "Invalid send/receive buffer size",
                () -> wire.set(StandardSocketOptions.SO_SNDBUF, -1));
        fails(
                IllegalArgumentException.class,
                "Invalid send/receive buffer size",
                () -> wire.set(StandardSocketOptions.SO_RCVBUF, -1));
    }

    @Case
    static void userTimeoutAndQuickack(final Kind kind) throws Exception {
        final Wire wire = kind.pair().client;
        wire.set(ExtendedSocketOptions.TCP_QUICKACK, true);
        same(wire.get(ExtendedSocketOptions.TCP_QUICKACK), true);
    }

    @Case(not = Kind.ASYNC)
    static void ipLevel(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        same(wire.get(StandardSocketOptions.IP_TOS), 0);
        wire.set(StandardSocketOptions.IP_TOS, 0xb8);
        same(wire.get(StandardSocketOptions.IP_TOS), 0xb8);
        wire.set(StandardSocketOptions.IP_TOS, 0x13); // the lowest bits are TCP's
        same(wire.get(StandardSocketOptions.IP_TOS), 0x10);
    }

    @Case
    static void acceptedSocketsInherit(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        listener.set(StandardSocketOptions.SO_RCVBUF, 70000);
        final Wire client = kind.connect(listener.local());
        final Wire server = listener.accept();
        same(server.get(StandardSocketOptions.SO_RCVBUF), 70000);
        same(server.get(StandardSocketOptions.TCP_NODELAY), false);
        same(server.get(StandardSocketOptions.SO_KEEPALIVE), false);
        Bytes.write(client, "x");
        Bytes.expect(server, "x");
    }

    @Case
    static void unknownOnesAreRefused(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        fails(UnsupportedOperationException.class, "'UNKNOWN' not supported", () -> wire.set(UNKNOWN, 1));
        fails(UnsupportedOperationException.class, "'UNKNOWN' not supported", () -> wire.get(UNKNOWN));
        fails(UnsupportedOperationException.class, () -> wire.get(StandardSocketOptions.IP_MULTICAST_TTL));
        fails(NullPointerException.class, () -> wire.set(null, 1));
        fails(NullPointerException.class, () -> wire.get(null));
        final Wire.Ear listener = kind.listen();
        fails(UnsupportedOperationException.class, () -> listener.get(StandardSocketOptions.TCP_NODELAY));
        fails(UnsupportedOperationException.class, () -> listener.set(UNKNOWN, 1));
    }

    @Case
    static void closedSocketHasNone(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        wire.close();
        if (kind.isPlainSocket()) {
            fails(SocketException.class, "Socket is closed", () -> wire.get(StandardSocketOptions.SO_RCVBUF));
            fails(SocketException.class, "Socket is closed", () -> wire.set(StandardSocketOptions.SO_RCVBUF, 9));
        } else {
            fails(ClosedChannelException.class, null, () -> wire.get(StandardSocketOptions.SO_RCVBUF));
            fails(ClosedChannelException.class, null, () -> wire.set(StandardSocketOptions.SO_RCVBUF, 9));
        }
    }

    /** What is listed, can be read, and most of it be set to what was read; what is needed, is listed. */
    private static void expectTruthful(
            final Set<SocketOption<?>> listed, final Reader reader, final SocketOption<?>... needed) throws Exception {
        for (final SocketOption<?> option : listed) {
            check(reader.read(option) != null, "nothing to read: " + option);
        }
        for (final SocketOption<?> option : needed) {
            check(listed.contains(option), option + " is not in " + listed);
        }
        check(!listed.contains(UNKNOWN), "knows the unknown");
    }

    /** Reads any option. */
    private interface Reader {
        Object read(SocketOption<?> option) throws IOException;
    }

    @Case
    static void supportedOptionsOfSocketsAreTrue() throws Exception {
        final SocketOption<?>[] needed = {
            StandardSocketOptions.SO_RCVBUF,
            StandardSocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_KEEPALIVE,
            StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_REUSEPORT,
            StandardSocketOptions.SO_LINGER,
            StandardSocketOptions.TCP_NODELAY,
            ExtendedSocketOptions.TCP_KEEPIDLE,
            ExtendedSocketOptions.TCP_KEEPINTERVAL,
            ExtendedSocketOptions.TCP_KEEPCOUNT,
            ExtendedSocketOptions.TCP_QUICKACK
        };
        final Socket socket = keep(new Socket());
        expectTruthful(socket.supportedOptions(), option -> socket.getOption(option), needed);
        final SocketChannel channel = keep(SocketChannel.open());
        expectTruthful(channel.supportedOptions(), option -> channel.getOption(option), needed);
        final Socket adaptor = keep(SocketChannel.open()).socket();
        expectTruthful(adaptor.supportedOptions(), option -> adaptor.getOption(option), needed);
        final AsynchronousSocketChannel async = keep(AsynchronousSocketChannel.open());
        needed[5] = StandardSocketOptions.SO_RCVBUF; // no SO_LINGER there
        expectTruthful(async.supportedOptions(), option -> async.getOption(option), needed);
    }

    @Case
    static void supportedOptionsOfServersAreTrue() throws Exception {
        final SocketOption<?>[] needed = {
            StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_REUSEPORT
        };
        final ServerSocket socket = keep(new ServerSocket());
        expectTruthful(socket.supportedOptions(), option -> socket.getOption(option), needed);
        final ServerSocketChannel channel = keep(ServerSocketChannel.open());
        expectTruthful(channel.supportedOptions(), option -> channel.getOption(option), needed);
        final ServerSocket adaptor = keep(ServerSocketChannel.open()).socket();
        expectTruthful(adaptor.supportedOptions(), option -> adaptor.getOption(option), needed);
        final AsynchronousServerSocketChannel async = keep(AsynchronousServerSocketChannel.open());
        expectTruthful(async.supportedOptions(), option -> async.getOption(option), needed);
        check(!channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY), "TCP_NODELAY");
        fails(
                UnsupportedOperationException.class,
                () -> socket.supportedOptions().clear());
    }

    @Case
    static void reuseportSpreadsConnections() throws Exception {
        final ServerSocketChannel[] listeners = new ServerSocketChannel[2];
        for (int i = 0; i < 2; i++) {
            listeners[i] = keep(ServerSocketChannel.open());
            listeners[i].setOption(StandardSocketOptions.SO_REUSEPORT, true);
            listeners[i].bind(i == 0 ? Support.own(0) : listeners[0].getLocalAddress(), 128);
            listeners[i].configureBlocking(false);
        }
        for (int i = 0; i < 64; i++) {
            keep(SocketChannel.open(listeners[0].getLocalAddress()));
        }
        final int[] counts = new int[2];
        Support.eventually("all accepted", () -> {
            for (int i = 0; i < 2; i++) {
                final SocketChannel accepted = listeners[i].accept();
                counts[i] += accepted == null ? 0 : 1;
                if (accepted != null) {
                    accepted.close();
                }
            }
            return counts[0] + counts[1] == 64;
        });
        check(counts[0] >= 5 && counts[1] >= 5, counts[0] + " and " + counts[1]);
        among(counts[0] + counts[1], 64);
    }
}
