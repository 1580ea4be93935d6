package io.virtuoso.host.tcp;

import io.virtuoso.host.fuzz.FuzzInput;
import io.virtuoso.host.fuzz.FuzzTarget;
import java.util.concurrent.TimeUnit;

/** A connection in any state, and whatever its peer sends, its application does and its clock says. */
final class SegmentTarget implements FuzzTarget {
    private static final int MOST_STEPS = 120;
    private static final TcpState[] STATES = TcpState.values();
    private static final int[] LENGTHS = {0, 0, 0, 1, 100, 999, 1_000, 1_001, 2_000, 5_000, 30_000, 65_000};
    private static final int[] FAR = {1_000, 10_000, 65_535, -1_000, -65_535};
    private static final long[] MILLIS = {1, 5, 39, 40, 200, 250, 1_000, 30_000, 61_000};

    private FuzzInput in;
    private ScriptedPeer peer;
    private SentCheck check;

    @Override
    public void run(FuzzInput input) {
        in = input;
        TcpState state = STATES[in.below(STATES.length)];
        peer = ScriptedPeer.in(state == TcpState.CLOSED ? TcpState.ESTABLISHED : state, config());
        check = new SentCheck(peer);
        for (int step = 0; step < MOST_STEPS && !in.isEmpty() && peer.connection.state() != TcpState.CLOSED; step++) {
            act();
            verify();
        }
        peer.connection.abort(peer.nowNs);
        verify();
        Invariants.checkOver(peer.connection, peer.events);
    }

    private TcpConfig config() {
        int bits = in.u8();
        CongestionAlgorithm[] controls = CongestionAlgorithm.values();
        EcnMode[] modes = EcnMode.values();
        return ScriptedPeer.CONFIG
                .withOptions((bits & 1) != 0, (bits & 2) != 0)
                .withEcn(modes[(bits >> 2 & 3) % modes.length])
                .withCongestion(controls[(bits >> 4 & 7) % controls.length])
                .withQuickAcks((bits & 128) != 0 ? 0 : 16);
    }

    private void verify() {
        Invariants.check(peer.connection, peer.receiveBuffer);
        peer.connection.info();
        check.check();
        peer.sent.clear();
    }

    private void act() {
        int action = in.u8();
        if (action < 160) {
            segment();
        } else if (action < 176) {
            peer.pass(TimeUnit.MILLISECONDS.toNanos(MILLIS[in.below(MILLIS.length)]));
        } else if (action < 208) {
            write(LENGTHS[in.below(LENGTHS.length)]);
        } else if (action < 220) {
            peer.read(LENGTHS[in.below(LENGTHS.length)]);
        } else {
            command(action - 220);
        }
    }

    private void write(int length) {
        peer.sendBuffer.write(length);
        peer.connection.onDataToSend(peer.nowNs);
    }

    private void command(int which) {
        TcpConnection connection = peer.connection;
        long now = peer.nowNs;
        int near = Seq.of(ScriptedPeer.ISS, connection.sender().sndUna + in.near());
        switch (which) {
            case 0, 1 -> connection.shutdownWrite(now);
            case 2 -> connection.close(now);
            case 3, 4 -> connection.setNoDelay(in.flag(), now);
            case 5, 6 -> connection.setCork(in.flag(), now);
            case 7, 8 -> connection.setQuickAck(in.flag(), now);
            case 9, 10 -> connection.keepalive().setEnabled(in.flag(), now);
            case 11 -> connection.keepalive().setIdleNs(TimeUnit.SECONDS.toNanos(1 + in.u8()), now);
            case 12, 13 -> connection.onPathMtu(48 + in.u16() % 1_500, near, now);
            case 14, 15 -> connection.onUnreachable(TcpErrno.EHOSTUNREACH, near);
            case 16 -> connection.setMaxSegment(in.u16());
            case 17 -> connection.setUserTimeoutNs(TimeUnit.SECONDS.toNanos(in.u8()));
            case 18, 19 -> connection.setCongestion(algorithm());
            case 20 -> peer.receiveBuffer.memory = in.u16();
            case 21 -> peer.receiveBuffer.memory = Integer.MAX_VALUE;
            default -> peer.pass(Math.max(connection.nextDeadlineNs() - now, 0) % TimeUnit.HOURS.toNanos(3));
        }
    }

    private CongestionAlgorithm algorithm() {
        CongestionAlgorithm[] all = CongestionAlgorithm.values();
        return all[in.below(all.length)];
    }

    // ---- segments ----------------------------------------------------------------------------------------------

    private void segment() {
        Sender sender = peer.connection.sender();
        long position = peer.connection.receiver().rcvNxt() + offset();
        long ack = in.oneIn(4)
                ? sender.sndUna + offset()
                : sender.sndUna + (sender.sndMax - sender.sndUna) * in.below(5) / 4;
        int flags = in.oneIn(4) ? in.u8() : TcpFlags.ACK;
        if (peer.connection.state() == TcpState.SYN_SENT && (flags & TcpFlags.SYN) != 0) {
            position = -1;
        }
        if (in.oneIn(8)) {
            peer.peerWindow = in.flag() ? in.u16() : 0;
        }
        TcpSegment segment = peer.fill(flags, position, ack, LENGTHS[in.below(LENGTHS.length)]);
        segment.ecn = in.oneIn(4) ? in.u8() & 3 : 0;
        options(segment);
        peer.deliverFilled();
    }

    private int offset() {
        return switch (in.below(8)) {
            case 0, 1, 2, 3 -> 0;
            case 4 -> FAR[in.below(FAR.length)];
            case 5 -> 1_000 * in.below(64);
            default -> in.near();
        };
    }

    private void options(TcpSegment segment) {
        int kinds = in.u8();
        if ((kinds & 1) != 0) {
            segment.hasTimestamps = in.flag();
            segment.tsVal = peer.peerTsVal + in.near();
            segment.tsEcr = Emitter.ticks(peer.nowNs) - in.u8();
        }
        if ((kinds & 2) != 0) {
            segment.sackCount = in.below(TcpSegment.MAX_SACK_BLOCKS + 1);
            for (int edge = 0; edge < 2 * segment.sackCount; edge++) {
                long from = peer.connection.sender().sndUna;
                segment.sackEdges[edge] = Seq.of(ScriptedPeer.ISS, from + offset() + 1_000L * in.below(32));
            }
        }
        if ((kinds & 4) != 0) {
            segment.windowScale = in.below(16) - 1;
            segment.mss = in.u16();
            segment.sackPermitted = in.flag();
        }
    }
}
