package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Loss told by time (RFC 8985 section 6). The round trip is one millisecond, its quarter the reordering window. */
class RackTest {
    private static final long MS = 1_000_000;

    @Test
    void shouldWaitAQuarterOfARoundTripForWhatMayBeReordered() {
        ScriptedPeer peer = roundTripDone();
        SackTest.sack(peer, 0, 1_000, 2_000);
        peer.assertSilent();
        peer.pass(MS / 4 - 1);
        peer.assertSilent();
        peer.pass(1);
        peer.expectOnly(ACK, 0, 0, 1_000);
    }

    @Test
    void shouldNotRepairWhatWasOnlyReordered() {
        ScriptedPeer peer = roundTripDone();
        SackTest.sack(peer, 0, 1_000, 2_000);
        peer.pass(MS / 5);
        peer.deliver(ACK, 0, 10_000, 0);
        peer.passMillis(500);
        peer.assertSilent();
        assertEquals(0, peer.connection.info().totalRetransmits());
    }

    @Test
    void shouldNotWaitWhenThreeSegmentsHaveArrivedBehindTheGap() {
        ScriptedPeer peer = roundTripDone();
        SackTest.sack(peer, 0, 1_000, 4_000);
        peer.expectOnly(ACK, 0, 0, 1_000);
    }

    @Test
    void shouldWaitOnceReorderingWasSeen() {
        ScriptedPeer peer = roundTripDone();
        SackTest.sack(peer, 0, 5_000, 6_000);
        SackTest.sack(peer, 0, 3_000, 4_000, 5_000, 6_000);
        SackTest.sack(peer, 0, 3_000, 10_000);
        peer.assertSilent();
        peer.pass(MS / 4);
        peer.expect(ACK, 0, 0, 1_000);
        peer.expectOnly(ACK, 1_000, 0, 2_000);
    }

    @Test
    void shouldWaitLongerForEachRoundWithDuplicates() {
        ScriptedPeer peer = roundTripDone();
        SackTest.sack(peer, 0, 5_000, 6_000);
        SackTest.sack(peer, 0, 3_000, 4_000, 5_000, 6_000);
        peer.pass(MS / 4);
        peer.expect(ACK, 0, 0, 1_000);
        peer.sent.clear();
        peer.deliver(ACK, 0, 10_000, 0);
        peer.write(4_000);
        SackTest.sack(peer, 10_000, 0, 1_000);
        SackTest.sack(peer, 10_000, 1_000, 2_000);
        peer.sent.clear();
        peer.passMillis(1);
        SackTest.sack(peer, 10_000, 11_000, 12_000);
        peer.pass(MS / 2 - 1);
        peer.assertSilent();
        peer.pass(1);
        peer.expect(ACK, 10_000, 0, 1_000);
    }

    @Test
    void shouldSendAgainWhatWasLostTwice() {
        ScriptedPeer peer = roundTripDone();
        peer.write(50_000);
        SackTest.sack(peer, 0, 1_000, 5_000);
        peer.expectOnly(ACK, 0, 0, 1_000);
        SackTest.sack(peer, 0, 1_000, 10_000);
        long newData = peer.only().length();
        assertTrue(newData > 0);
        peer.pass(MS / 2);
        peer.assertSilent();
        peer.pass(MS / 2);
        SackTest.sack(peer, 0, 1_000, 10_000 + (int) newData);
        peer.expect(ACK, 0, 0, 1_000);
        assertEquals(0, peer.connection.info().retries(), "no timeout");
    }

    @Test
    void shouldNotTakeALateOriginalForItsRetransmission() {
        ScriptedPeer peer = roundTripDone();
        peer.write(50_000);
        SackTest.sack(peer, 0, 1_000, 5_000);
        peer.expectOnly(ACK, 0, 0, 1_000);
        peer.pass(MS / 100);
        peer.deliver(ACK, 0, 5_000, 0);
        peer.pass(MS / 100);
        assertTrue(
                peer.sent.stream().noneMatch(segment -> segment.seq() == Seq.of(ScriptedPeer.ISS, 5_000)),
                "what was sent before the retransmission may still come");
    }

    @Test
    void shouldKeepToTheCongestionWindowWhenAllIsLostAtOnce() {
        ScriptedPeer peer = roundTripDone();
        peer.write(50_000);
        SackTest.sack(peer, 0, 9_000, 10_000, 7_000, 8_000, 5_000, 6_000);
        int bytes = peer.sent.stream().mapToInt(Sent::length).sum();
        assertTrue(bytes <= 5_000, "sent at once: " + bytes);
    }

    /** Ten segments were sent a round trip ago. */
    private static ScriptedPeer roundTripDone() {
        ScriptedPeer peer = SackTest.inFlight(10_000);
        peer.passMillis(1);
        return peer;
    }
}
