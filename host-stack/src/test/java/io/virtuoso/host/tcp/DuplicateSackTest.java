package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What arrived twice is reported (RFC 2883). */
class DuplicateSackTest {
    private static final TcpConfig CONFIG = ScriptedPeer.CONFIG.withOptions(false, true);

    @Test
    void shouldReportARetransmissionThatWasNotNeeded() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.deliverData(0, 3_000);
        peer.sent.clear();
        peer.deliverData(1_000, 1_000);
        SackTest.assertBlocks(peer.only(), 1_000, 2_000);
        peer.deliverData(3_000, 3_000);
        SackTest.assertBlocks(peer.only());
    }

    @Test
    void shouldReportOnlyWhatCameTwice() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.deliverData(0, 3_000);
        peer.sent.clear();
        peer.deliverData(2_000, 2_000);
        SackTest.assertBlocks(peer.only(), 2_000, 3_000);
        assertEquals(4_000, peer.receiveBuffer.committed());
    }

    @Test
    void shouldReportADuplicateBehindAGapBeforeTheRangeThatHoldsIt() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.deliverData(1_000, 3_000);
        peer.deliverData(6_000, 1_000);
        peer.sent.clear();
        peer.deliverData(2_000, 1_000);
        SackTest.assertBlocks(peer.only(), 2_000, 3_000, 1_000, 4_000, 6_000, 7_000);
        peer.deliverData(6_000, 1_000);
        SackTest.assertBlocks(peer.only(), 6_000, 7_000, 6_000, 7_000, 1_000, 4_000);
    }

    @Test
    void shouldReportADuplicateBelowTheWindowBesideGaps() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.deliverData(0, 1_000);
        peer.deliverData(2_000, 1_000);
        peer.sent.clear();
        peer.deliverData(0, 1_000);
        SackTest.assertBlocks(peer.only(), 0, 1_000, 2_000, 3_000);
    }

    @Test
    void shouldReportNothingUnlessAgreed() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliverData(0, 3_000);
        peer.sent.clear();
        peer.deliverData(0, 3_000);
        SackTest.assertBlocks(peer.only());
    }

    @Test
    void shouldReportEachDuplicateOnce() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.deliverData(0, 3_000);
        peer.deliverData(0, 3_000);
        peer.sent.clear();
        peer.deliver(TcpFlags.ACK, -1, 0, 0);
        SackTest.assertBlocks(peer.only());
    }
}
