package io.virtuoso.conformance;

import static io.virtuoso.conformance.Bytes.expect;
import static io.virtuoso.conformance.Bytes.expectEnd;
import static io.virtuoso.conformance.Bytes.write;
import static io.virtuoso.conformance.Support.blocked;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.millis;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;

/** Half close, full close, reset, linger. */
final class Closing {
    private static final int QUIET_BEFORE_CLOSE = 30;

    private Closing() {}

    /** Closes with RST. */
    static void reset(final Wire wire) throws IOException {
        wire.set(StandardSocketOptions.SO_LINGER, 0);
        wire.close();
    }

    /** The peer has reset the connection. */
    static void expectReset(final Kind kind, final Wire wire) {
        if (kind == Kind.ASYNC) {
            fails(IOException.class, "Connection reset", () -> wire.read(new byte[1], 0, 1));
        } else {
            fails(SocketException.class, "Connection reset", () -> wire.read(new byte[1], 0, 1));
        }
    }

    /** What is written goes nowhere, and at last fails: what the peer sends arrives some time. */
    private static Throwable firstFailure(final Support.Body write) throws Exception {
        final Throwable[] failure = new Throwable[1];
        Support.eventually("a write fails", () -> {
            try {
                write.run();
                return false;
            } catch (final IOException e) {
                failure[0] = e;
                return true;
            }
        });
        return failure[0];
    }

    /** The own writing end is closed, or the connection is. */
    static void expectBrokenPipe(final Kind kind, final Wire wire) {
        if (kind.isPlainSocket()) {
            fails(SocketException.class, "Broken pipe", () -> write(wire, "x"));
        } else {
            fails(IOException.class, "Broken pipe", () -> write(wire, "x"));
        }
    }

    /** The own writing end was closed. Channels tell it as if it had just happened. */
    private static void expectOutputShutdown(final Kind kind, final Wire wire) {
        if (kind.isSocket()) {
            fails(SocketException.class, "Socket output is shutdown", () -> write(wire, "x"));
        } else if (kind == Kind.ASYNC) {
            fails(ClosedChannelException.class, null, () -> write(wire, "x"));
        } else {
            fails(AsynchronousCloseException.class, null, () -> write(wire, "x"));
        }
    }

    @Case
    static void closeGivesEndOfStreamAgainAndAgain(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "last");
        pair.client.close();
        expect(pair.server, "last");
        expectEnd(pair.server);
        expectEnd(pair.server);
    }

    @Case
    static void halfCloseKeepsTheOtherDirection(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "request");
        pair.client.endOutput();
        expect(pair.server, "request");
        expectEnd(pair.server);
        write(pair.server, "response");
        pair.server.close();
        expect(pair.client, "response");
        expectEnd(pair.client);
    }

    @Case
    static void halfCloseThenLargeAnswer(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.endOutput();
        expectEnd(pair.server);
        final Job sender = Bytes.sending(pair.server, 9, 3_000_000);
        Bytes.expectPattern(pair.client, 9, 3_000_000);
        expectEnd(pair.client);
        sender.join();
    }

    @Case
    static void bothHalfClose(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.endOutput();
        pair.server.endOutput();
        expectEnd(pair.server);
        expectEnd(pair.client);
        expectOutputShutdown(kind, pair.client);
    }

    @Case
    static void shutdownReadEndsOwnReads(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.endInput();
        if (kind.isSocket()) {
            fails(SocketException.class, "Socket input is shutdown", () -> expectEnd(pair.client));
        } else {
            expectEnd(pair.client);
        }
        write(pair.client, "still writing");
        expect(pair.server, "still writing");
    }

    @Case
    static void shutdownReadWakesAReader(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> expectEnd(pair.client));
        pair.client.endInput();
        reader.join();
    }

    @Case(not = Kind.ASYNC)
    static void shutdownWakesAWriter(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job writer = Support.job(() -> {
            final byte[] chunk = new byte[1 << 20];
            while (true) {
                pair.client.write(chunk);
            }
        });
        writer.awaitBlocked(200);
        pair.client.endOutput();
        final AssertionError end = fails(AssertionError.class, writer::join);
        check(end.getCause() instanceof IOException, "the writer ended by " + end.getCause());
        expectOutputShutdown(kind, pair.client);
    }

    @Case
    static void shutdownBoth(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.endInput();
        pair.client.endOutput();
        expectEnd(pair.server);
        expectOutputShutdown(kind, pair.client);
    }

    @Case
    static void shutdownTwiceIsFine(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.endOutput();
        if (kind.isPlainSocket()) {
            fails(SocketException.class, "Socket output is already shutdown", pair.client::endOutput);
            pair.client.endInput();
            fails(SocketException.class, "Socket input is already shutdown", pair.client::endInput);
        } else {
            pair.client.endOutput();
            pair.client.endInput();
            pair.client.endInput();
        }
        expectEnd(pair.server);
    }

    @Case
    static void shutdownNeedsAConnection(final Kind kind) throws Exception {
        final Wire wire = kind.open();
        if (kind.isSocket()) {
            fails(SocketException.class, "Socket is not connected", wire::endOutput);
            fails(SocketException.class, "Socket is not connected", wire::endInput);
        } else {
            fails(NotYetConnectedException.class, null, wire::endOutput);
            fails(NotYetConnectedException.class, null, wire::endInput);
        }
        wire.close();
        if (kind.isPlainSocket()) {
            fails(SocketException.class, "Socket is closed", wire::endOutput);
            fails(SocketException.class, "Socket is closed", wire::endInput);
        } else {
            fails(ClosedChannelException.class, null, wire::endOutput);
            fails(ClosedChannelException.class, null, wire::endInput);
        }
    }

    @Case(not = Kind.ASYNC)
    static void lingerZeroResets(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        reset(pair.client);
        expectReset(kind, pair.server);
        expectReset(kind, pair.server); // Java remembers
        pair.server.close();
    }

    @Case
    static void unreadDataAtCloseResets(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "+never read");
        expect(pair.server, "+"); // the rest has come with it
        pair.server.close();
        if (kind == Kind.SOCKET) {
            expectEnd(pair.client); // it ends its output before it closes, and the reset comes too late
        } else {
            expectReset(kind, pair.client);
        }
    }

    @Case
    static void writingToAClosedPeer(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.server.close();
        expectEnd(pair.client);
        write(pair.client, "x"); // answered by a reset
        same(firstFailure(() -> write(pair.client, "x")).getMessage(), "Broken pipe");
        expectBrokenPipe(kind, pair.client);
        expectBrokenPipe(kind, pair.client);
    }

    @Case(not = Kind.ASYNC)
    static void writingAfterAReset(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        reset(pair.server);
        final Throwable failure = firstFailure(() -> write(pair.client, "x"));
        same(failure.getMessage(), "Connection reset by peer");
        same(failure.getClass(), kind.isPlainSocket() ? SocketException.class : IOException.class);
        expectBrokenPipe(kind, pair.client);
    }

    @Case(not = Kind.ASYNC)
    static void resetWakesAReader(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job reader = blocked(() -> expectReset(kind, pair.server));
        reset(pair.client);
        reader.join();
    }

    @Case(not = Kind.ASYNC)
    static void lingerWithTimeDeliversAll(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job receiver = Bytes.receiving(pair.server, 10, 2_000_000);
        pair.client.set(StandardSocketOptions.SO_LINGER, 60);
        Bytes.sendPattern(pair.client, 10, 2_000_000);
        pair.client.close();
        receiver.join();
    }

    @Case(of = {Kind.SOCKET, Kind.VIRTUAL, Kind.CHANNEL, Kind.ADAPTOR})
    static void lingerEndsAfterItsTime(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job writer = Support.job(() -> pair.client.write(new byte[64 << 20]));
        writer.awaitBlocked(200);
        pair.client.set(StandardSocketOptions.SO_LINGER, 1);
        final long took = millis(pair.client::close);
        check(took < Support.SOON, "close took " + took + " ms");
        fails(AssertionError.class, writer::join);
    }

    /** Nothing is left to hear of but what was written, which the peer does not read. */
    @Case
    static void lingeringTakesNoProcessor() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[1].shutdownOutput();
        same(pair[0].read(ByteBuffer.allocate(1)), -1);
        pair[0].configureBlocking(false);
        Channels.fill(pair[0]);
        pair[0].configureBlocking(true);
        pair[0].setOption(StandardSocketOptions.SO_LINGER, 1);
        final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        final long before = threads.getCurrentThreadCpuTime();
        final long took = millis(pair[0]::close);
        final long busy = (threads.getCurrentThreadCpuTime() - before) / 1_000_000;
        check(took > 900 && took < 3000, "close took " + took + " ms");
        check(busy < 100, "close was busy for " + busy + " ms");
    }

    @Case
    static void largeDataThenCloseArrivesWhole(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        final Job receiver = Bytes.receiving(pair.server, 11, 3_000_000);
        Bytes.sendPattern(pair.client, 11, 3_000_000);
        pair.client.close();
        receiver.join();
    }

    /** Java keeps what was received before the reset for the reader, if it asks before it hears of the reset. */
    @Case(not = Kind.ASYNC)
    static void resetLeavesReceivedDataReadable(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        write(pair.client, "+kept!");
        expect(pair.server, "+"); // the rest has come with it
        reset(pair.client);
        pause(QUIET_BEFORE_CLOSE);
        expect(pair.server, "kept!");
        expectReset(kind, pair.server);
    }

    @Case
    static void portIsReusableByManyShortConnections(final Kind kind) throws Exception {
        final Wire.Ear listener = kind.listen();
        for (int i = 0; i < 200; i++) {
            final Wire client = kind.connect(listener.local());
            final Wire server = listener.accept();
            write(client, "s");
            expect(server, "s");
            client.close();
            expectEnd(server);
            server.close();
        }
    }

    @Case
    static void nextSocketKnowsNothingOfTheLast(final Kind kind) throws Exception {
        final java.net.InetSocketAddress dead = Support.dead();
        for (int i = 0; i < 20; i++) {
            final Wire.Ear listener = kind.listen();
            final Wire client = kind.connect(listener.local());
            listener.accept().close();
            expectEnd(client);
            listener.close();
            client.close();
            pause(i % 10);
            fails(ConnectException.class, "Connection refused", () -> kind.connect(dead));
        }
    }

    @Case
    static void closedTwiceIsFine(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.close();
        pair.client.close();
        pair.listener.close();
        pair.listener.close();
        expectEnd(pair.server);
    }

    @Case
    static void closedMovesNothing(final Kind kind) throws Exception {
        final Wire.Pair pair = kind.pair();
        pair.client.close();
        if (kind.isSocket()) {
            fails(SocketException.class, "Socket is closed", () -> pair.client.read(new byte[1], 0, 1));
            fails(SocketException.class, "Socket is closed", () -> write(pair.client, "x"));
        } else {
            fails(ClosedChannelException.class, null, () -> pair.client.read(new byte[1], 0, 1));
            fails(ClosedChannelException.class, null, () -> write(pair.client, "x"));
        }
        same(pair.server.read(new byte[1], 0, 1), -1);
    }
}
