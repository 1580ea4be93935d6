package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static io.virtuoso.host.tcp.TcpFlags.FIN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Loss at the end (RFC 8985 section 7). The round trip is one millisecond. */
class TailProbeTest {
    private static final TcpConfig CONFIG = ScriptedPeer.CONFIG.withOptions(false, true);

    @Test
    void shouldSendTheLastSegmentAgainAfterTwoRoundTrips() {
        ScriptedPeer peer = SackTest.inFlight(5_000);
        peer.pass(1_999_999);
        peer.assertSilent();
        peer.pass(1);
        peer.expectOnly(ACK, 4_000, 0, 1_000);
        peer.passMillis(199);
        peer.assertSilent();
        peer.passMillis(1);
        peer.expectOnly(ACK, 0, 0, 1_000);
        assertEquals(1, peer.connection.info().retries());
    }

    @Test
    void shouldFindALostTailWithoutATimeout() {
        ScriptedPeer peer = SackTest.inFlight(5_000);
        peer.passMillis(2);
        peer.expectOnly(ACK, 4_000, 0, 1_000);
        peer.passMillis(1);
        SackTest.sack(peer, 2_000, 4_000, 5_000);
        peer.expect(ACK, 2_000, 0, 1_000);
        peer.expectOnly(ACK, 3_000, 0, 1_000);
        peer.deliver(ACK, 0, 5_000, 0);
        peer.passMillis(1_000);
        peer.assertSilent();
        assertEquals(0, peer.connection.info().retries());
    }

    @Test
    void shouldProbeWithNewDataIfThereIsSome() {
        ScriptedPeer peer = SackTest.inFlight(10_000);
        peer.write(5_000);
        peer.assertSilent();
        peer.passMillis(2);
        peer.expectOnly(ACK, 10_000, 0, 1_000);
    }

    @Test
    void shouldRespectThePeersWindow() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.peerWindow = 5_000;
        peer.deliver(ACK, 0, 0, 0);
        peer.write(9_000);
        peer.expectOnly(ACK, 0, 0, 5_000);
        peer.passMillis(2);
        peer.expectOnly(ACK, 4_000, 0, 1_000);
    }

    @Test
    void shouldWaitForADelayedAcknowledgementOfALoneSegment() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.write(100);
        peer.sent.clear();
        peer.passMillis(199);
        peer.assertSilent();
        peer.passMillis(1);
        peer.expectOnly(ACK, 0, 0, 100);
        assertEquals(0, peer.connection.info().retries(), "a probe in place of the first timeout");
        assertTrue(peer.connection.info().cwnd() >= 10_000);
        peer.passMillis(200);
        peer.expectOnly(ACK, 0, 0, 100);
        assertEquals(1, peer.connection.info().retries());
    }

    @Test
    void shouldProbeWithTheFin() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.write(3_000);
        peer.connection.shutdownWrite(peer.nowNs);
        peer.sent.clear();
        peer.passMillis(2);
        peer.expectOnly(ACK | FIN, 2_001, 0, 999);
    }

    @Test
    void shouldProbeOnceOnly() {
        ScriptedPeer peer = SackTest.inFlight(5_000);
        peer.passMillis(2);
        peer.sent.clear();
        peer.deliver(ACK, 0, 2_000, 0);
        peer.passMillis(100);
        peer.assertSilent();
    }

    @Test
    void shouldReduceTheWindowWhenTheProbeRepairedALoss() {
        ScriptedPeer peer = answeredProbe();
        long before = peer.connection.info().cwnd();
        peer.write(3_000);
        peer.deliver(ACK, 0, 8_000, 0);
        assertTrue(peer.connection.info().cwnd() < before);
    }

    @Test
    void shouldNotReduceTheWindowWhenTheOriginalHadArrived() {
        ScriptedPeer peer = answeredProbe();
        long before = peer.connection.info().cwnd();
        SackTest.sack(peer, 5_000, 4_000, 5_000);
        peer.write(3_000);
        peer.deliver(ACK, 0, 8_000, 0);
        assertTrue(peer.connection.info().cwnd() >= before);
    }

    /** A probe was sent and everything up to its end acknowledged. */
    private static ScriptedPeer answeredProbe() {
        ScriptedPeer peer = SackTest.inFlight(5_000);
        peer.passMillis(2);
        peer.expectOnly(ACK, 4_000, 0, 1_000);
        peer.deliver(ACK, 0, 5_000, 0);
        return peer;
    }

    @Test
    void shouldNotProbeWithoutSack() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.write(5_000);
        peer.sent.clear();
        peer.passMillis(199);
        peer.assertSilent();
    }
}
