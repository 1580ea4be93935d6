package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static io.virtuoso.host.tcp.TcpFlags.FIN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Reassembly, delayed acknowledgements, timestamps. */
class ReceivingTest {
    private static final int MSS = ScriptedPeer.MSS;
    private static final TcpConfig DELAYING = ScriptedPeer.CONFIG.withQuickAcks(0);
    private static final TcpConfig TIMESTAMPS = ScriptedPeer.CONFIG.withOptions(true, false);

    @Test
    void shouldDelayTheAckOfASmallSegment() {
        ScriptedPeer peer = ScriptedPeer.established(DELAYING);
        peer.deliverData(0, 100);
        peer.passMillis(39);
        peer.assertSilent();
        peer.passMillis(1);
        peer.expectOnly(ACK, 0, 100, 0);
        assertEquals(Long.MAX_VALUE, peer.connection.nextDeadlineNs());
    }

    @Test
    void shouldAckSmallSegmentsAtOnceUntilItAnswers() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(10);
        peer.expectOnly(ACK, 0, 0, 10);
        peer.deliverData(0, 100);
        peer.expectOnly(ACK, 10, 100, 0);
        peer.deliverData(100, 100);
        peer.expectOnly(ACK, 10, 200, 0);
        peer.deliver(ACK, 200, 10, 0);
        peer.write(10);
        peer.expectOnly(ACK, 10, 200, 10);
        peer.deliverData(200, 100);
        peer.assertSilent();
        peer.passMillis(40);
        peer.expectOnly(ACK, 20, 300, 0);
    }

    @Test
    void shouldAckEverySecondFullSegment() {
        ScriptedPeer peer = ScriptedPeer.established();
        int position = 0;
        for (int segment = 0; segment < 16; segment++) {
            peer.deliverData(position, MSS);
            position += MSS;
            peer.expectOnly(ACK, 0, position, 0);
        }
        for (int segment = 0; segment < 20; segment++) {
            peer.deliverData(position, MSS);
            position += MSS;
        }
        assertEquals(10, peer.sent.size());
    }

    @Test
    void shouldAckEverySegmentForAWhileAfterALoss() {
        ScriptedPeer peer = ScriptedPeer.established(ScriptedPeer.CONFIG.withQuickAcks(1));
        peer.deliverData(0, MSS);
        peer.expectOnly(ACK, 0, MSS, 0);
        peer.deliverData(2 * MSS, MSS);
        peer.expectOnly(ACK, 0, MSS, 0);
        peer.deliverData(MSS, MSS);
        peer.expectOnly(ACK, 0, 3 * MSS, 0);
        int position = 3 * MSS;
        for (int segment = 0; segment < 4; segment++) {
            peer.deliverData(position, MSS);
            position += MSS;
            peer.expectOnly(ACK, 0, position, 0);
        }
        peer.deliverData(7 * MSS, MSS);
        peer.assertSilent();
        peer.deliverData(8 * MSS, MSS);
        peer.expectOnly(ACK, 0, 9 * MSS, 0);
    }

    @Test
    void shouldAckALargeSegmentAtOnce() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliverData(0, 50_000);
        peer.expectOnly(ACK, 0, 50_000, 0);
    }

    @Test
    void shouldAckWithData() {
        ScriptedPeer peer = ScriptedPeer.established(DELAYING);
        peer.deliverData(0, 100);
        peer.write(100);
        peer.expectOnly(ACK, 0, 100, 100);
        peer.passMillis(100);
        peer.assertSilent();
    }

    @Test
    void shouldAckAtOnceWithQuickAck() {
        ScriptedPeer peer = ScriptedPeer.established(DELAYING);
        peer.deliverData(0, 100);
        peer.connection.setQuickAck(true, peer.nowNs);
        peer.expectOnly(ACK, 0, 100, 0);
        peer.deliverData(100, 100);
        peer.expectOnly(ACK, 0, 200, 0);
    }

    @Test
    void shouldAckOutOfOrderSegmentsAndFilledGapsAtOnce() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliverData(300, 100);
        peer.expectOnly(ACK, 0, 0, 0);
        peer.deliverData(100, 100);
        peer.expectOnly(ACK, 0, 0, 0);
        peer.deliverData(0, 100);
        peer.expectOnly(ACK, 0, 200, 0);
        peer.deliverData(150, 200);
        peer.expectOnly(ACK, 0, 400, 0);
        peer.read(400);
        assertEquals(400, peer.receiveBuffer.head());
    }

    @Test
    void shouldAckOldSegmentsAtOnce() {
        ScriptedPeer peer = ScriptedPeer.established(DELAYING);
        peer.deliverData(0, 100);
        assertEquals(TcpVerdict.OUT_OF_WINDOW, peer.deliverData(0, 100));
        peer.expectOnly(ACK, 0, 100, 0);
        peer.deliverData(50, 100);
        peer.passMillis(50);
        peer.expectOnly(ACK, 0, 150, 0);
    }

    @Test
    void shouldTakeFinOutOfOrder() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliver(ACK | FIN, 100, 0, 100);
        peer.expectOnly(ACK, 0, 0, 0);
        assertEquals(TcpState.ESTABLISHED, peer.connection.state());
        peer.deliverData(0, 100);
        peer.expectOnly(ACK, 0, 201, 0);
        assertEquals(TcpState.CLOSE_WAIT, peer.connection.state());
    }

    @Test
    void shouldIgnoreDataBeyondFin() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliver(ACK | FIN, 100, 0, 100);
        peer.deliverData(200, 100);
        peer.deliverData(0, 100);
        assertEquals(200, peer.receiveBuffer.committed());
        assertTrue(peer.events.contains("peerClosed"));
    }

    @Test
    void shouldBoundTheNumberOfGaps() {
        ScriptedPeer peer = ScriptedPeer.established();
        for (int gap = 0; gap < Ranges.MAX_RANGES; gap++) {
            assertEquals(TcpVerdict.ACCEPTED, peer.deliverData(100 + gap * 20, 10));
        }
        assertEquals(TcpVerdict.TOO_MANY_GAPS, peer.deliverData(50_000, 10));
        assertEquals(TcpVerdict.ACCEPTED, peer.deliverData(110, 10));
        peer.deliverData(0, 6_000);
        assertEquals(6_000, peer.receiveBuffer.committed());
    }

    @Test
    void shouldEchoTimestampsAsOfTheLastAck() {
        ScriptedPeer peer = ScriptedPeer.established(TIMESTAMPS.withQuickAcks(0));
        peer.peerTsVal = 10;
        peer.deliverData(0, 100);
        peer.peerTsVal = 20;
        peer.deliverData(100, 100);
        peer.passMillis(40);
        assertEquals(10, peer.only().tsEcr(), "of the earliest segment not yet acknowledged");
        peer.peerTsVal = 30;
        peer.deliverData(400, 100);
        assertEquals(10, peer.only().tsEcr(), "a segment after a gap does not count");
        peer.peerTsVal = 40;
        peer.deliverData(200, 200);
        assertEquals(40, peer.only().tsEcr());
    }

    @Test
    void shouldRejectOldTimestamps() {
        ScriptedPeer peer = ScriptedPeer.established(TIMESTAMPS);
        peer.peerTsVal = 1_000;
        peer.deliverData(0, 2_000);
        peer.sent.clear();
        peer.peerTsVal = 999;
        assertEquals(TcpVerdict.OLD_TIMESTAMP, peer.deliverData(2_000, 100));
        peer.expectOnly(ACK, 0, 2_000, 0);
        assertEquals(2_000, peer.receiveBuffer.committed());
        assertEquals(TcpVerdict.BAD_RESET, peer.deliver(TcpFlags.RST, 2_100, 0, 0), "PAWS is not for RST");
        peer.nowNs += TimeUnit.DAYS.toNanos(25);
        assertEquals(TcpVerdict.ACCEPTED, peer.deliverData(2_000, 100), "after 24 days the clock may have wrapped");
    }

    @Test
    void shouldAcceptAWrappedTimestamp() {
        ScriptedPeer peer = ScriptedPeer.established(TIMESTAMPS);
        peer.peerTsVal = Integer.MAX_VALUE;
        peer.deliverData(0, 2_000);
        peer.peerTsVal = Integer.MIN_VALUE + 5;
        assertEquals(TcpVerdict.ACCEPTED, peer.deliverData(2_000, 2_000));
        peer.peerTsVal = Integer.MAX_VALUE;
        assertEquals(TcpVerdict.OLD_TIMESTAMP, peer.deliverData(4_000, 100));
    }

    @Test
    void shouldDropSegmentsWithoutAgreedTimestamps() {
        ScriptedPeer peer = ScriptedPeer.established(TIMESTAMPS);
        peer.fill(ACK, 0, 0, 100).hasTimestamps = false;
        assertEquals(TcpVerdict.MISSING_TIMESTAMP, peer.deliverFilled());
        peer.fill(TcpFlags.RST, 0, 0, 0).hasTimestamps = false;
        assertEquals(TcpVerdict.ACCEPTED, peer.deliverFilled());
        assertEquals(TcpState.CLOSED, peer.connection.state());
    }

    @Test
    void shouldDropSegmentsWithoutAck() {
        ScriptedPeer peer = ScriptedPeer.established();
        assertEquals(TcpVerdict.MISSING_ACK, peer.deliver(0, 0, 0, 100));
        assertEquals(0, peer.receiveBuffer.committed());
    }
}
