package io.virtuoso.conformance;

import static io.virtuoso.conformance.Bytes.expect;
import static io.virtuoso.conformance.Bytes.expectEnd;
import static io.virtuoso.conformance.Bytes.write;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;

/** Cases against another machine, which does what the first line of a connection says. */
final class Cross {
    private Cross() {}

    @Case
    static void echo(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "echo");
        write(wire, "over there");
        expect(wire, "over there");
        wire.endOutput();
        expectEnd(wire);
    }

    @Case(of = {Kind.SOCKET, Kind.SELECTED, Kind.ASYNC})
    static void thousandRoundTrips(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "echo");
        for (int i = 0; i < 1000; i++) {
            wire.write(ByteBuffer.allocate(4).putInt(i).array());
            same(ByteBuffer.wrap(Bytes.read(wire, 4)).getInt(), i);
        }
    }

    @Case(seconds = 90)
    static void tenMegabytesThere(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "sink 61 10000000");
        Bytes.sendPattern(wire, 61, 10_000_000);
        wire.endOutput();
        expect(wire, "right");
        expectEnd(wire);
    }

    @Case(seconds = 90)
    static void tenMegabytesHere(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "source 62 10000000");
        Bytes.expectPattern(wire, 62, 10_000_000);
        expectEnd(wire);
    }

    @Case(seconds = 90)
    static void tenMegabytesThereAndBack(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "echo");
        final Job sender = Bytes.sending(wire, 63, 10_000_000);
        Bytes.expectPattern(wire, 63, 10_000_000);
        expectEnd(wire);
        sender.join();
    }

    @Case(of = {Kind.SOCKET, Kind.SELECTED})
    static void slowReaderLosesNothing(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "source 64 6000000");
        pause(300); // windows close; probes and updates must open them again
        Bytes.expectPattern(wire, 64, 1_000_000);
        pause(100);
        Bytes.expectPattern(wire, 64, 1_000_000, 5_000_000);
    }

    @Case(of = {Kind.SOCKET, Kind.ASYNC})
    static void peerReadsSlowly(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "slow 65 3000000");
        Bytes.sendPattern(wire, 65, 3_000_000);
        wire.endOutput();
        expect(wire, "right");
    }

    @Case
    static void peerCloses(final Kind kind, final Peer peer) throws Exception {
        expectEnd(peer.connect(kind, "close"));
    }

    @Case
    static void peerResets(final Kind kind, final Peer peer) throws Exception {
        Closing.expectReset(kind, peer.connect(kind, "reset"));
    }

    @Case(not = Kind.ASYNC)
    static void weReset(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "until-reset");
        expect(wire, "!");
        Closing.reset(wire);
        expect(peer.connect(kind, "was-reset"), "yes");
    }

    @Case
    static void halfClose(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "answer-after-end");
        write(wire, "question");
        wire.endOutput();
        expect(wire, "answer 8");
        expectEnd(wire);
    }

    @Case
    static void refused(final Kind kind, final Peer peer) throws Exception {
        final Wire wire = peer.connect(kind, "dead-port");
        final int port = Integer.parseInt(new String(Bytes.read(wire, 5), java.nio.charset.StandardCharsets.US_ASCII));
        fails(ConnectException.class, "Connection refused", () -> kind.connect(peer.at(port)));
    }

    @Case
    static void peerConnectsToUs(final Kind kind, final Peer peer) throws Exception {
        final Wire.Ear listener = kind.listen(new InetSocketAddress(0), 16);
        peer.connect(kind, "dial " + listener.local().getPort());
        final Wire wire = listener.accept();
        final Job sender = Bytes.sending(wire, 66, 1_000_000);
        Bytes.expectPattern(wire, 66, 1_000_000);
        expectEnd(wire);
        sender.join();
    }

    @Case(of = {Kind.SOCKET, Kind.CHANNEL, Kind.ASYNC})
    static void hundredConnections(final Kind kind, final Peer peer) throws Exception {
        final Wire[] wires = new Wire[100];
        for (int i = 0; i < wires.length; i++) {
            wires[i] = peer.connect(kind, "echo");
        }
        for (int i = 0; i < wires.length; i++) {
            wires[i].write(new byte[] {(byte) i});
        }
        for (int i = 0; i < wires.length; i++) {
            same(Bytes.read(wires[i], 1)[0], (byte) i);
            wires[i].close();
        }
    }

    @Case(of = {Kind.SOCKET, Kind.SELECTED, Kind.ASYNC})
    static void twoHundredShortConnections(final Kind kind, final Peer peer) throws Exception {
        for (int i = 0; i < 200; i++) {
            final Wire wire = peer.connect(kind, "echo");
            write(wire, "s");
            expect(wire, "s");
            wire.close();
        }
    }

    @Case(of = {Kind.SOCKET, Kind.CHANNEL})
    static void smallWritesWithAndWithoutNodelay(final Kind kind, final Peer peer) throws Exception {
        final byte[] bytes = new byte[3000];
        Bytes.fill(bytes, bytes.length, 67, 0);
        for (final boolean on : new boolean[] {false, true}) {
            final Wire wire = peer.connect(kind, "sink 67 3000");
            wire.set(StandardSocketOptions.TCP_NODELAY, on);
            for (int i = 0; i < bytes.length; i += 3) {
                wire.write(bytes, i, 3);
            }
            wire.endOutput();
            expect(wire, "right");
        }
    }

    @Case(
            of = {Kind.SOCKET, Kind.VIRTUAL, Kind.SELECTED, Kind.ASYNC},
            seconds = 90)
    static void eightStreamsAtOnce(final Kind kind, final Peer peer) throws Exception {
        final Job[] jobs = new Job[16];
        for (int i = 0; i < 8; i++) {
            final Wire wire = peer.connect(kind, "echo");
            jobs[2 * i] = Bytes.sending(wire, i, 500_000);
            jobs[2 * i + 1] = Bytes.receiving(wire, i, 500_000);
        }
        for (final Job job : jobs) {
            job.join(80_000);
        }
    }
}
