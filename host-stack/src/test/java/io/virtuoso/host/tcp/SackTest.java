package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Selective acknowledgements, received and sent. */
class SackTest {
    private static final TcpConfig CONFIG = ScriptedPeer.CONFIG.withOptions(false, true);

    @Test
    void shouldReportGapsLatestFirst() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.deliverData(1_000, 500);
        assertBlocks(peer.only(), 1_000, 1_500);
        peer.deliverData(3_000, 500);
        assertBlocks(peer.only(), 3_000, 3_500, 1_000, 1_500);
        peer.deliverData(1_500, 500);
        assertBlocks(peer.only(), 1_000, 2_000, 3_000, 3_500);
        peer.deliverData(0, 1_000);
        assertBlocks(peer.only(), 3_000, 3_500);
        peer.deliverData(2_000, 1_000);
        assertBlocks(peer.only());
    }

    @Test
    void shouldReportGapsApartFromData() {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.sendBuffer.write(100);
        peer.deliverData(1_000, 500);
        assertBlocks(peer.next(), 1_000, 1_500);
        Sent data = peer.only();
        assertEquals(100, data.length());
        assertBlocks(data);
    }

    @Test
    void shouldNotReportGapsUnlessAgreed() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliverData(1_000, 500);
        assertBlocks(peer.only());
    }

    @Test
    void shouldSendOnlyWhatIsMissing() {
        ScriptedPeer peer = inFlight(10_000);
        peer.passMillis(1);
        sack(peer, 0, 1_000, 2_000);
        sack(peer, 0, 1_000, 3_000);
        peer.assertSilent();
        sack(peer, 0, 1_000, 4_000);
        peer.expectOnly(ACK, 0, 0, 1_000);
        peer.passMillis(1);
        sack(peer, 0, 6_000, 10_000, 1_000, 4_000);
        peer.expectOnly(ACK, 4_000, 0, 2_000);
        peer.deliver(ACK, 0, 10_000, 0);
        peer.assertSilent();
        assertEquals(3_000, peer.connection.info().bytesRetransmitted());
    }

    @Test
    void shouldSeeLossInThreeRangesOfOneAck() {
        ScriptedPeer peer = inFlight(10_000);
        sack(peer, 0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000);
        peer.expectOnly(ACK, 0, 0, 1_000);
    }

    @Test
    void shouldSendNewDataWhenThePeerHasTheOld() {
        ScriptedPeer peer = inFlight(10_000);
        peer.write(10_000);
        peer.assertSilent();
        sack(peer, 0, 1_000, 2_000);
        peer.expectOnly(ACK, 10_000, 0, 1_000);
    }

    @Test
    void shouldSkipWhatThePeerHasAfterATimeout() {
        ScriptedPeer peer = inFlight(10_000);
        peer.passMillis(250);
        peer.expect(ACK, 9_000, 0, 1_000);
        peer.expectOnly(ACK, 0, 0, 1_000);
        sack(peer, 0, 3_000, 9_000);
        peer.deliver(ACK, 0, 1_000, 0);
        peer.expectOnly(ACK, 1_000, 0, 2_000);
        peer.deliver(ACK, 0, 9_000, 0);
        peer.expectOnly(ACK, 9_000, 0, 1_000);
    }

    @Test
    void shouldIgnoreNonsense() {
        ScriptedPeer peer = inFlight(10_000);
        for (int i = 0; i < 5; i++) {
            sack(peer, 0, 9_000, 11_000, 5_000, 5_000, 4_000, 3_000, -2_000, -1_000);
        }
        peer.assertSilent();
        assertEquals(0, peer.connection.info().totalRetransmits());
    }

    @Test
    void shouldRepairManyLossesInOneRoundTrip() {
        SimulatedNetwork network = new SimulatedNetwork(7, TcpConfig.DEFAULTS);
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(20);
        network.client.sendCapacity = 1 << 20;
        network.server.receiveCapacity = 1 << 20;
        network.client.connect();
        network.runMillis(100);
        network.client.toWrite = 3_000_000;
        network.client.runApplication();
        network.runMillis(250);
        int[] count = new int[1];
        network.filter = segment -> segment.length() > 0 && count[0]++ < 100 && count[0] % 5 == 0;
        network.runMillis(400);
        network.filter = segment -> false;
        network.run(TimeUnit.SECONDS.toNanos(3));
        assertEquals(3_000_000, network.server.receiveBuffer.committed());
        TcpInfo info = network.client.connection.info();
        assertTrue(info.bytesRetransmitted() < 60_000, "sent again: " + info.bytesRetransmitted());
    }

    /** A connection with so much sent and nothing acknowledged. */
    static ScriptedPeer inFlight(int bytes) {
        ScriptedPeer peer = ScriptedPeer.established(CONFIG);
        peer.write(bytes);
        peer.expectOnly(ACK, 0, 0, bytes);
        return peer;
    }

    static void sack(ScriptedPeer peer, long ack, int... edges) {
        TcpSegment segment = peer.fill(ACK, 0, ack, 0);
        segment.sackCount = edges.length / 2;
        for (int i = 0; i < edges.length; i++) {
            segment.sackEdges[i] = Seq.of(ScriptedPeer.ISS, edges[i]);
        }
        peer.deliverFilled();
    }

    static void assertBlocks(Sent segment, int... edges) {
        assertEquals(edges.length / 2, segment.sackEdges().capacity() / 8);
        for (int i = 0; i < edges.length; i++) {
            assertEquals(
                    Seq.of(ScriptedPeer.PEER_ISS, edges[i]), segment.sackEdges().getInt(i * 4), "edge " + i);
        }
    }
}
