package io.virtuoso.host.tcp;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a peer sends and the application does, in any order: nothing is thrown, and the variables stay sane. */
class RandomSegmentsTest {
    private static final int RUNS = 150;
    private static final int STEPS = 150;
    private static final int[] LENGTHS = {0, 0, 1, 100, 1_000, 1_448, 5_000, 65_000};

    @ParameterizedTest
    @EnumSource(value = TcpState.class, mode = EnumSource.Mode.EXCLUDE, names = "CLOSED")
    void shouldStandAnything(TcpState state) {
        for (int seed = 0; seed < RUNS; seed++) {
            Random random = new Random(seed);
            ScriptedPeer peer = ScriptedPeer.in(state);
            try {
                for (int step = 0; step < STEPS && peer.connection.state() != TcpState.CLOSED; step++) {
                    act(peer, random);
                    check(peer);
                }
                end(peer);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + " from " + state + " in " + peer.connection.state(), e);
            }
        }
    }

    private static void act(ScriptedPeer peer, Random random) {
        TcpConnection connection = peer.connection;
        switch (random.nextInt(24)) {
            case 0 -> write(peer, random.nextInt(20_000));
            case 1 -> peer.read(random.nextInt(20_000));
            case 2 -> peer.pass((long) (random.nextDouble() * TimeUnit.SECONDS.toNanos(1)));
            case 3 -> rarely(random, () -> connection.shutdownWrite(peer.nowNs));
            case 4 -> rarely(random, () -> connection.close(peer.nowNs));
            case 5 -> connection.setNoDelay(random.nextBoolean(), peer.nowNs);
            case 6 -> connection.setCork(random.nextBoolean(), peer.nowNs);
            case 7 -> connection.setQuickAck(random.nextBoolean(), peer.nowNs);
            case 8 -> connection.keepalive().setEnabled(random.nextBoolean(), peer.nowNs);
            case 9 -> connection.onPathMtu(500 + random.nextInt(1_000), near(random), peer.nowNs);
            case 10 -> connection.onUnreachable(TcpErrno.EHOSTUNREACH, random.nextInt());
            default -> segment(peer, random);
        }
    }

    private static void rarely(Random random, Runnable action) {
        if (random.nextInt(20) == 0) {
            action.run();
        }
    }

    private static int near(Random random) {
        return ScriptedPeer.ISS + random.nextInt(10_000);
    }

    private static void write(ScriptedPeer peer, int length) {
        peer.sendBuffer.write(length);
        peer.connection.onDataToSend(peer.nowNs);
    }

    private static void segment(ScriptedPeer peer, Random random) {
        long peerNext = peer.connection.receiver().rcvNxt();
        long una = peer.connection.sender().sndUna;
        int[] offsets = {0, 0, 0, 1, -1, 100, -100, 1_000, 5_000, 65_535, -65_535, random.nextInt()};
        long position = peerNext + offsets[random.nextInt(offsets.length)];
        long ack = random.nextInt(3) == 0
                ? una + offsets[random.nextInt(offsets.length)]
                : una + (long) (random.nextDouble() * (peer.connection.sender().sndMax - una + 1));
        int flags = random.nextInt(3) == 0 ? random.nextInt(64) : TcpFlags.ACK;
        if ((flags & TcpFlags.RST) != 0 && random.nextInt(4) > 0) {
            flags &= ~TcpFlags.RST;
        }
        if (peer.connection.state() == TcpState.SYN_SENT && (flags & TcpFlags.SYN) != 0) {
            position = -1;
        }
        peer.peerWindow = random.nextInt(4) == 0 ? 0 : random.nextInt(65_536);
        TcpSegment segment = peer.fill(flags, position, ack, LENGTHS[random.nextInt(LENGTHS.length)]);
        segment.hasTimestamps = random.nextBoolean();
        segment.tsVal = random.nextInt();
        segment.tsEcr = random.nextInt();
        segment.windowScale = random.nextInt(16) - 1;
        segment.mss = random.nextInt(3) == 0 ? random.nextInt(65_536) : 0;
        segment.sackCount = random.nextInt(5);
        for (int i = 0; i < segment.sackEdges.length; i++) {
            segment.sackEdges[i] = Seq.of(ScriptedPeer.ISS, una + random.nextInt(20_000) - 2_000);
        }
        peer.deliverFilled();
    }

    private static void check(ScriptedPeer peer) {
        Invariants.check(peer.connection, peer.receiveBuffer);
        peer.sent.clear();
    }

    private static void end(ScriptedPeer peer) {
        peer.connection.abort(peer.nowNs);
        Invariants.checkOver(peer.connection, peer.events);
    }
}
