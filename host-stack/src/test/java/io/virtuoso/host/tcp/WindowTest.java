package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Flow control in both directions. */
class WindowTest {
    private static final int MSS = ScriptedPeer.MSS;

    @Test
    void shouldProbeAClosedWindowForAsLongAsThePeerAnswers() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.peerWindow = 0;
        peer.deliver(ACK, 0, 0, 0);
        peer.write(5_000);
        peer.assertSilent();
        for (int probe = 0; probe < 200; probe++) {
            peer.pass(peer.connection.nextDeadlineNs() - peer.nowNs);
            peer.expectOnly(ACK, -1, 0, 0);
            peer.deliver(ACK, 0, 0, 0);
        }
        assertEquals(TimeUnit.SECONDS.toNanos(120), peer.connection.nextDeadlineNs() - peer.nowNs, "backed off");
        peer.peerWindow = 10_000;
        peer.deliver(ACK, 0, 0, 0);
        peer.expectOnly(ACK, 0, 0, 5_000);
    }

    @Test
    void shouldGiveUpWhenProbesAreNotAnswered() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.peerWindow = 0;
        peer.deliver(ACK, 0, 0, 0);
        peer.write(5_000);
        peer.pass(TimeUnit.HOURS.toNanos(1));
        assertTrue(peer.events.contains("failed " + TcpErrno.ETIMEDOUT));
    }

    @Test
    void shouldSurviveAnHourOfZeroWindowOverALossyNetwork() {
        SimulatedNetwork network = new SimulatedNetwork(5, TcpConfig.DEFAULTS).connected();
        network.loss = 0.2;
        network.server.reading = false;
        network.client.toWrite = 1_000_000;
        network.client.shutdownAfterWriting = true;
        network.client.runApplication();
        network.run(TimeUnit.HOURS.toNanos(1));
        assertEquals(65_536, network.server.receiveBuffer.committed(), 2_000);
        network.server.reading = true;
        network.server.runApplication();
        network.run(TimeUnit.HOURS.toNanos(1));
        assertEquals(1_000_000, network.server.receiveBuffer.committed());
    }

    @Test
    void shouldFillThePeersWindowAndNoMore() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.peerWindow = 4_500;
        peer.deliver(ACK, 0, 0, 0);
        peer.write(20_000);
        peer.expectOnly(ACK, 0, 0, 4_000);
        peer.peerWindow = 4_499;
        peer.deliver(ACK, 0, 1_000, 0);
        peer.expectOnly(ACK, 4_000, 0, 1_000);
    }

    @Test
    void shouldNotSendSillySegments() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.peerWindow = 100;
        peer.deliver(ACK, 0, 0, 0);
        peer.write(5_000);
        peer.assertSilent();
        peer.passMillis(250);
        peer.expectOnly(ACK, 0, 0, 100);
    }

    @Test
    void shouldSendHalfOfASmallWindow() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.peerWindow = 500;
        peer.connect();
        peer.deliver(TcpFlags.SYN | ACK, -1, 0, 0);
        peer.sent.clear();
        peer.write(5_000);
        peer.expectOnly(ACK, 0, 0, 500);
    }

    @Test
    void shouldIgnoreTheWindowOfAnOldSegment() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.peerWindow = 3_000;
        peer.deliver(ACK, 100, 0, 100);
        peer.sent.clear();
        peer.peerWindow = 60_000;
        peer.deliver(ACK, 50, 0, 60);
        peer.sent.clear();
        peer.write(5_000);
        peer.expectOnly(ACK, 0, 0, 3_000);
    }

    @Test
    void shouldCloseItsWindowAndOpenItInSteps() {
        ScriptedPeer peer = ScriptedPeer.established();
        int position = 0;
        while (position < 65_000) {
            peer.deliverData(position, 5_000);
            position += 5_000;
        }
        Sent last = peer.sent.getLast();
        assertEquals(535, last.window(), "65000 of the 65535 bytes that can be offered without scaling");
        assertEquals(TcpVerdict.ACCEPTED, peer.deliverData(position, 5_000));
        assertEquals(65_535, peer.receiveBuffer.committed(), "the rest is cut off");
        peer.sent.clear();
        peer.read(100);
        peer.assertSilent();
        peer.read(10_000);
        peer.assertSilent();
        peer.read(10_000);
        assertEquals(20_100, peer.only().window(), 2);
    }

    @Test
    void shouldAnswerAWindowProbe() {
        ScriptedPeer peer = ScriptedPeer.established();
        assertEquals(TcpVerdict.OUT_OF_WINDOW, peer.deliver(ACK, -1, 0, 0));
        peer.expectOnly(ACK, 0, 0, 0);
        assertEquals(TcpVerdict.OUT_OF_WINDOW, peer.deliver(ACK, -1, 0, 1));
        peer.expectOnly(ACK, 0, 0, 0);
    }

    @Test
    void shouldAnswerAWindowProbeAfterMuchReordering() {
        ScriptedPeer peer = ScriptedPeer.established(ScriptedPeer.CONFIG.withOptions(true, true));
        peer.peerTsVal = 100;
        peer.deliverData(0, 10);
        peer.peerTsVal = 50;
        for (int i = 0; i < 100; i++) {
            assertEquals(TcpVerdict.OLD_TIMESTAMP, peer.deliverData(10, 10));
        }
        peer.sent.clear();
        peer.peerTsVal = 100;
        assertEquals(TcpVerdict.OUT_OF_WINDOW, peer.deliver(ACK, 9, 0, 0));
        peer.expectOnly(ACK, 0, 10, 0);
    }

    @Test
    void shouldTrimDataToTheWindow() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliverData(60_000, 10_000);
        peer.expectOnly(ACK, 0, 0, 0);
        assertEquals(TcpVerdict.OUT_OF_WINDOW, peer.deliverData(70_000, 10));
        peer.sent.clear();
        peer.deliverData(0, 60_000);
        peer.expectOnly(ACK, 0, 65_535, 0);
        peer.read(65_535);
        peer.sent.clear();
        peer.deliverData(65_000, 1_000);
        peer.passMillis(50);
        peer.expectOnly(ACK, 0, 66_000, 0);
        peer.read(1_000);
    }

    @Test
    void shouldAdvertiseAGrownBuffer() {
        SimulatedNetwork network = new SimulatedNetwork(6, TcpConfig.DEFAULTS).connected();
        network.client.toWrite = 3_000_000;
        network.client.runApplication();
        network.server.reading = false;
        network.runMillis(500);
        assertEquals(65_536, network.server.receiveBuffer.unread(), MSS * 2);
        network.server.receiveBuffer.grow(1 << 20);
        network.server.connection.onRoomMade(network.nowNs());
        network.runMillis(500);
        assertEquals(1 << 20, network.server.receiveBuffer.unread(), MSS * 2);
        network.server.reading = true;
        network.server.runApplication();
        network.run(TimeUnit.SECONDS.toNanos(2));
        assertEquals(3_000_000, network.server.receiveBuffer.committed());
    }

    @Test
    void shouldNeverShrinkTheRightEdge() {
        ScriptedPeer peer = ScriptedPeer.established();
        long edge = 0;
        long position = 0;
        for (int step = 0; step < 500; step++) {
            int length = 1 + step * 37 % 3_000;
            peer.deliverData(position, length);
            position = peer.receiveBuffer.committed();
            peer.passMillis(50);
            if (step % 3 == 0) {
                peer.read(step * 101 % 9_000);
            }
            while (!peer.sent.isEmpty()) {
                Sent segment = peer.sent.remove();
                long newEdge = Seq.position(ScriptedPeer.PEER_ISS, position, segment.ack()) + segment.window();
                assertTrue(newEdge >= edge, "shrunk at " + position);
                edge = newEdge;
            }
        }
    }
}
