package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Repairs that were needless are noticed and undone (RFC 3522, 4015, 5682). */
class NeedlessRepairTest {
    private static final TcpConfig WITH_TIMESTAMPS =
            ScriptedPeer.CONFIG.withSegments(1_012, 20_000).withOptions(true, true);
    private static final TcpConfig WITH_SACK = ScriptedPeer.CONFIG.withOptions(false, true);

    @Test
    void shouldUndoATimeoutWhenTheOriginalIsAcknowledged() {
        for (boolean sack : new boolean[] {true, false}) {
            ScriptedPeer peer = ScriptedPeer.established(WITH_TIMESTAMPS.withOptions(true, sack));
            int sentAt = clock(peer);
            timeOut(peer);
            assertEquals(1_000, peer.connection.info().cwnd());
            peer.write(20_000);
            acknowledge(peer, 1_000, sentAt);
            assertTrue(peer.connection.info().cwnd() >= 10_000, "cwnd restored");
            assertEquals(0, peer.connection.info().retries());
            Sent next = peer.next();
            ScriptedPeer.expect(next, ACK, 10_000, 0, next.length());
            assertTrue(peer.connection.info().rtoNs() > TimeUnit.MILLISECONDS.toNanos(250), "the path is that slow");
        }
    }

    @Test
    void shouldNotUndoATimeoutWhenTheRetransmissionIsAcknowledged() {
        ScriptedPeer peer = ScriptedPeer.established(WITH_TIMESTAMPS);
        timeOut(peer);
        acknowledge(peer, 1_000, clock(peer));
        assertEquals(2_000, peer.connection.info().cwnd());
        peer.expectOnly(ACK, 1_000, 0, 2_000);
        acknowledge(peer, 3_000, 1);
        assertTrue(peer.connection.info().cwnd() <= 4_000, "an old echo later says nothing");
    }

    @Test
    void shouldUndoWhenWithoutTimestampsOriginalsArrive() {
        ScriptedPeer peer = ScriptedPeer.established(WITH_SACK);
        timeOut(peer);
        peer.write(20_000);
        peer.deliver(ACK, 0, 1_000, 0);
        peer.expectOnly(ACK, 10_000, 0, 2_000);
        peer.deliver(ACK, 0, 2_000, 0);
        assertTrue(peer.connection.info().cwnd() >= 10_000);
        assertTrue(peer.sent.stream().allMatch(sent -> sent.seq() - Seq.of(ScriptedPeer.ISS, 12_000) >= 0));
    }

    @Test
    void shouldRepairAfterAllWhenWithoutTimestampsNoOriginalArrives() {
        ScriptedPeer peer = ScriptedPeer.established(WITH_SACK);
        timeOut(peer);
        peer.write(20_000);
        peer.deliver(ACK, 0, 1_000, 0);
        peer.expectOnly(ACK, 10_000, 0, 2_000);
        SackTest.sack(peer, 1_000, 10_000, 11_000);
        assertTrue(peer.connection.info().cwnd() <= 3_000);
        peer.expect(ACK, 1_000, 0, 1_000);
    }

    @Test
    void shouldUndoARecoveryWhenTheOriginalIsAcknowledged() {
        ScriptedPeer peer = ScriptedPeer.established(WITH_TIMESTAMPS);
        int sentAt = clock(peer);
        long before = recovering(peer);
        acknowledge(peer, 10_000, sentAt);
        assertTrue(peer.connection.info().cwnd() >= before);
    }

    @Test
    void shouldUndoARecoveryWhenAllThatWasSentAgainCameTwice() {
        ScriptedPeer peer = ScriptedPeer.established(WITH_SACK);
        long before = recovering(peer);
        peer.deliver(ACK, 0, 10_000, 0);
        assertTrue(peer.connection.info().cwnd() < before);
        SackTest.sack(peer, 10_000, 0, 1_000);
        assertTrue(peer.connection.info().cwnd() >= before);
    }

    /** Loses nothing but takes it for a loss. Returns the window before. */
    private static long recovering(ScriptedPeer peer) {
        peer.write(10_000);
        peer.sent.clear();
        long before = peer.connection.info().cwnd();
        peer.passMillis(1);
        SackTest.sack(peer, 0, 1_000, 5_000);
        peer.expect(ACK, 0, 0, 1_000);
        assertTrue(peer.connection.info().cwnd() < before);
        peer.passMillis(2);
        peer.sent.clear();
        return before;
    }

    @Test
    void shouldKeepItsWindowWhenThePathBecomesSlow() {
        SimulatedNetwork network = new SimulatedNetwork(1, TcpConfig.DEFAULTS);
        network.bandwidth = 12_500_000;
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(10);
        network.client.sendCapacity = 1 << 18;
        network.client.connect();
        network.runMillis(100);
        network.client.toWrite = 20_000_000;
        network.client.runApplication();
        network.runMillis(500);
        long before = network.client.connection.info().cwnd();
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(150);
        network.runMillis(2_000);
        assertTrue(network.client.connection.info().cwnd() >= before);
        assertTrue(network.client.connection.info().totalRetransmits() < 10);
    }

    /** Ten segments in flight, the first sent again by the timer. */
    private static void timeOut(ScriptedPeer peer) {
        peer.write(10_000);
        peer.passMillis(250);
        assertEquals(1, peer.connection.info().retries());
        peer.sent.clear();
    }

    private static int clock(ScriptedPeer peer) {
        return (int) TimeUnit.NANOSECONDS.toMillis(peer.nowNs);
    }

    private static void acknowledge(ScriptedPeer peer, long position, int echo) {
        peer.fill(ACK, 0, position, 0).tsEcr = echo;
        peer.deliverFilled();
    }
}
