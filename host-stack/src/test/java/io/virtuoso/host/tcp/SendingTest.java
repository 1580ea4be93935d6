package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static io.virtuoso.host.tcp.TcpFlags.PSH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is sent when: segmentation, Nagle, cork, retransmission, keep-alive. */
class SendingTest {
    @Test
    void shouldSendInOneCallWhatTheInitialWindowAllows() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(100_000);
        Sent segment = peer.only();
        assertEquals(10_000, segment.length());
        assertEquals(1_000, segment.segmentSize());
        assertFalse(segment.has(PSH));
    }

    @Test
    void shouldNotExceedTheMssWithoutSegmentationOffload() {
        ScriptedPeer peer = ScriptedPeer.established(ScriptedPeer.CONFIG.withSegments(1_000, 1_000));
        peer.write(2_500);
        peer.expect(ACK, 0, 0, 1_000);
        peer.expect(ACK, 1_000, 0, 1_000);
        Sent last = peer.only();
        assertEquals(500, last.length());
        assertTrue(last.has(PSH));
    }

    @Test
    void shouldHoldBackASecondSmallSegment() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(10);
        peer.expectOnly(ACK, 0, 0, 10);
        peer.write(10);
        peer.write(10);
        peer.assertSilent();
        peer.deliver(ACK, 0, 10, 0);
        peer.expectOnly(ACK, 10, 0, 20);
        peer.write(1_500);
        peer.expectOnly(ACK, 30, 0, 1_000);
    }

    @Test
    void shouldSendSmallSegmentsAtOnceWithNoDelay() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(10);
        peer.write(10);
        peer.sent.clear();
        peer.connection.setNoDelay(true, peer.nowNs);
        peer.expectOnly(ACK, 10, 0, 10);
        peer.write(10);
        peer.write(2_010);
        peer.expect(ACK, 20, 0, 10);
        peer.expectOnly(ACK, 30, 0, 2_010);
    }

    @Test
    void shouldKeepPartialSegmentsInWhileCorked() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.setNoDelay(true, peer.nowNs);
        peer.connection.setCork(true, peer.nowNs);
        peer.write(1_200);
        peer.expectOnly(ACK, 0, 0, 1_000);
        peer.write(100);
        peer.assertSilent();
        peer.connection.setCork(false, peer.nowNs);
        peer.expectOnly(ACK, 1_000, 0, 300);
    }

    /** What was written to the end by then leaves in as few outputs as without a cork. */
    @Test
    void shouldLookForTheCorkAfterEachOutput() {
        ScriptedPeer peer = ScriptedPeer.established(ScriptedPeer.CONFIG.withSegments(1_000, 4_000));
        peer.connection.setCork(true, peer.nowNs);
        peer.sendBuffer.write(6_100);
        assertTrue(peer.connection.onDataInTurns(peer.nowNs));
        peer.expectOnly(ACK, 0, 0, 4_000);
        peer.connection.setCork(false, peer.nowNs);
        peer.expectOnly(ACK, 4_000, 0, 2_100);
        assertFalse(peer.connection.onDataInTurns(peer.nowNs));
        peer.assertSilent();
    }

    @Test
    void shouldSendAllFullSegmentsInTurnsWhileCorked() {
        ScriptedPeer peer = ScriptedPeer.established(ScriptedPeer.CONFIG.withSegments(1_000, 4_000));
        peer.connection.setCork(true, peer.nowNs);
        peer.sendBuffer.write(100_100);
        assertTrue(peer.connection.onDataInTurns(peer.nowNs));
        peer.expectOnly(ACK, 0, 0, 4_000);
        assertTrue(peer.connection.onDataInTurns(peer.nowNs));
        peer.expectOnly(ACK, 4_000, 0, 4_000);
        assertTrue(peer.connection.onDataInTurns(peer.nowNs));
        peer.expectOnly(ACK, 8_000, 0, 2_000);
        assertFalse(peer.connection.onDataInTurns(peer.nowNs), "the window is full: its opening sends the rest");
        peer.deliver(ACK, 0, 10_000, 0);
        peer.expect(ACK, 10_000, 0, 4_000);
    }

    @Test
    void shouldNotKeepCorkedDataForLongerThan200Ms() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.setCork(true, peer.nowNs);
        peer.write(100);
        peer.passMillis(199);
        peer.assertSilent();
        peer.passMillis(2);
        peer.expectOnly(ACK, 0, 0, 100);
        peer.deliver(ACK, 0, 100, 0);
        peer.write(100);
        peer.passMillis(100);
        peer.assertSilent();
    }

    @Test
    void shouldSendCorkedDataWithFin() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.setCork(true, peer.nowNs);
        peer.write(100);
        peer.connection.shutdownWrite(peer.nowNs);
        peer.expectOnly(ACK | TcpFlags.FIN, 0, 0, 100);
    }

    @Test
    void shouldRetransmitOnTimeoutWithBackoff() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(3_000);
        peer.next();
        for (long rtoMs = 200; rtoMs < 5_000; rtoMs *= 2) {
            peer.passMillis(rtoMs - 1);
            peer.assertSilent();
            peer.passMillis(1);
            peer.expectOnly(ACK, 0, 0, 1_000);
        }
        peer.deliver(ACK, 0, 1_000, 0);
        peer.expectOnly(ACK, 1_000, 0, 2_000);
        assertEquals(0, peer.connection.info().retries());
    }

    @Test
    void shouldTimeOutAfterManyRetransmissions() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(10);
        long startNs = peer.nowNs;
        peer.pass(TimeUnit.MINUTES.toNanos(10));
        assertEquals(List.of("established"), peer.events);
        peer.pass(TimeUnit.MINUTES.toNanos(10));
        assertEquals("failed " + TcpErrno.ETIMEDOUT, peer.events.get(1));
        assertTrue(peer.nowNs - startNs >= TimeUnit.SECONDS.toNanos(924));
        assertEquals(1 + 15 + 1, peer.sent.size());
    }

    @Test
    void shouldTellWhatIcmpSaidWhenItTimesOut() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(10);
        peer.connection.onUnreachable(TcpErrno.EHOSTUNREACH, ScriptedPeer.ISS + 1);
        assertEquals(List.of("established"), peer.events);
        peer.pass(TimeUnit.MINUTES.toNanos(20));
        assertEquals("failed " + TcpErrno.EHOSTUNREACH, peer.events.get(1));
    }

    @Test
    void shouldKeepToTheUserTimeout() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.setUserTimeoutNs(TimeUnit.SECONDS.toNanos(3));
        peer.write(10);
        peer.passMillis(2_999);
        assertEquals(List.of("established"), peer.events);
        peer.passMillis(1);
        assertEquals("failed " + TcpErrno.ETIMEDOUT, peer.events.get(1));
    }

    @Test
    void shouldRetransmitFastAfterThreeDuplicateAcks() {
        ScriptedPeer peer = ScriptedPeer.established();
        grow(peer, 10_000);
        peer.write(10_000);
        peer.sent.clear();
        peer.deliver(ACK, 0, 10_000, 0);
        peer.deliver(ACK, 0, 10_000, 0);
        peer.assertSilent();
        peer.deliver(ACK, 0, 10_000, 0);
        peer.expectOnly(ACK, 10_000, 0, 1_000);
        peer.deliver(ACK, 0, 14_000, 0);
        peer.expectOnly(ACK, 14_000, 0, 1_000);
        peer.deliver(ACK, 0, 20_000, 0);
        peer.assertSilent();
        assertEquals(2, peer.connection.info().totalRetransmits());
    }

    @Test
    void shouldSendNewDataOnTheFirstDuplicateAcks() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(30_000);
        peer.expectOnly(ACK, 0, 0, 10_000);
        peer.deliver(ACK, 0, 0, 0);
        peer.expectOnly(ACK, 10_000, 0, 1_000);
        peer.deliver(ACK, 0, 0, 0);
        peer.expectOnly(ACK, 11_000, 0, 1_000);
        peer.deliver(ACK, 0, 0, 0);
        peer.expectOnly(ACK, 0, 0, 1_000);
    }

    @Test
    void shouldStartAgainSlowlyAfterIdleness() {
        ScriptedPeer peer = ScriptedPeer.established();
        grow(peer, 100_000);
        assertTrue(peer.connection.info().cwnd() > 20_000);
        peer.passMillis(10_000);
        peer.write(100_000);
        peer.expectOnly(ACK, 100_000, 0, 10_000);
    }

    @Test
    void shouldDropAcksOfDataNeverSent() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(100);
        peer.sent.clear();
        assertEquals(TcpVerdict.BAD_ACK, peer.deliver(ACK, 0, 101, 50));
        peer.expectOnly(ACK, 100, 0, 0);
        assertEquals(TcpVerdict.BAD_ACK, peer.deliver(ACK, 0, -200_000, 50));
        assertEquals(0, peer.receiveBuffer.committed());
    }

    @Test
    void shouldLimitChallengeAcks() {
        ScriptedPeer peer = ScriptedPeer.established();
        for (int i = 0; i < 1_000; i++) {
            peer.deliver(TcpFlags.SYN, 1_000, 0, 0);
        }
        assertEquals(10, peer.sent.size());
    }

    @Test
    void shouldProbeAnIdlePeerAndGiveUp() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.keepalive().setIdleNs(TimeUnit.SECONDS.toNanos(10), peer.nowNs);
        peer.connection.keepalive().setIntervalNs(TimeUnit.SECONDS.toNanos(2));
        peer.connection.keepalive().setCount(3);
        assertEquals(Long.MAX_VALUE, peer.connection.nextDeadlineNs());
        peer.connection.keepalive().setEnabled(true, peer.nowNs);
        peer.passMillis(10_000);
        peer.expectOnly(ACK, -1, 0, 0);
        peer.deliver(ACK, 0, 0, 0);
        peer.passMillis(9_999);
        peer.assertSilent();
        peer.passMillis(2_100);
        peer.expect(ACK, -1, 0, 0);
        peer.expectOnly(ACK, -1, 0, 0);
        peer.passMillis(4_000);
        peer.expect(ACK, -1, 0, 0);
        assertTrue(peer.only().has(TcpFlags.RST));
        assertEquals("failed " + TcpErrno.ETIMEDOUT, peer.events.get(1));
    }

    @Test
    void shouldCutSmallerAfterAPathMtuMessage() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(5_000);
        peer.sent.clear();
        peer.connection.onPathMtu(700, Seq.of(ScriptedPeer.ISS, 9_998), peer.nowNs);
        peer.assertSilent();
        peer.connection.onPathMtu(700, ScriptedPeer.ISS + 1, peer.nowNs);
        Sent segment = peer.only();
        assertEquals(700, segment.segmentSize());
        assertEquals(5_000, segment.length());
    }

    /** Sends so much, acknowledged at once, so that the congestion window grows. */
    private static void grow(ScriptedPeer peer, int bytes) {
        peer.peerWindow = 65_535;
        for (int at = 0; at < bytes; at += 10_000) {
            peer.write(10_000);
            peer.deliver(ACK, 0, at + 10_000L, 0);
        }
        peer.sent.clear();
    }
}
