package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static io.virtuoso.host.tcp.TcpFlags.CWR;
import static io.virtuoso.host.tcp.TcpFlags.ECE;
import static io.virtuoso.host.tcp.TcpFlags.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Explicit congestion notification (RFC 3168). */
class EcnTest {
    private static final TcpConfig ON =
            ScriptedPeer.CONFIG.withOptions(false, true).withEcn(EcnMode.ON);

    @Test
    void shouldAskForItInTheSynAndNotAgain() {
        ScriptedPeer peer = new ScriptedPeer(ON);
        peer.connect();
        Sent syn = peer.only();
        assertEquals(SYN | ECE | CWR, syn.flags());
        assertEquals(0, syn.ecn());
        peer.passMillis(1_000);
        assertEquals(SYN, peer.only().flags());
        peer.deliver(SYN | ACK | ECE, -1, 0, 0);
        assertTrue(peer.connection.info().ecn(), "the answer may be to the first");
    }

    @Test
    void shouldNotUseItUnlessThePeerAgrees() {
        for (int answer : new int[] {SYN | ACK, SYN | ACK | ECE | CWR}) {
            ScriptedPeer peer = new ScriptedPeer(ON);
            peer.connect();
            peer.deliver(answer, -1, 0, 0);
            peer.sent.clear();
            peer.write(1_000);
            assertEquals(0, peer.only().ecn());
            assertFalse(peer.connection.info().ecn());
        }
    }

    @Test
    void shouldNotBelieveAnAnswerToWhatWasNotAsked() {
        ScriptedPeer peer = new ScriptedPeer(ON.withEcn(EcnMode.PASSIVE));
        peer.connect();
        assertEquals(SYN, peer.only().flags());
        peer.deliver(SYN | ACK | ECE, -1, 0, 0);
        assertFalse(peer.connection.info().ecn());
    }

    @Test
    void shouldAgreeWhenAskedUnlessItIsOff() {
        for (EcnMode mode : EcnMode.values()) {
            ScriptedPeer peer = new ScriptedPeer(ON.withEcn(mode));
            TcpListener.onSegment(peer.fill(SYN | ECE | CWR, -1, 0, 0), peer, peer.nowNs);
            int expected = mode == EcnMode.OFF ? SYN | ACK : SYN | ACK | ECE;
            assertEquals(expected, peer.only().flags());
        }
    }

    @Test
    void shouldEchoAMarkUntilThePeerHasReacted() {
        ScriptedPeer peer = agreed(ON);
        data(peer, 0, 0, Ecn.ECT_0);
        assertEquals(ACK, peer.only().flags());
        data(peer, 1_000, 0, Ecn.CE);
        assertEquals(ACK | ECE, peer.only().flags());
        data(peer, 2_000, 0, Ecn.ECT_0);
        assertEquals(ACK | ECE, peer.only().flags());
        peer.write(10);
        assertEquals(ACK | ECE, peer.only().flags() & ~TcpFlags.PSH);
        data(peer, 3_000, CWR, Ecn.ECT_0);
        assertEquals(ACK, peer.only().flags());
        data(peer, 4_000, CWR, Ecn.CE);
        assertEquals(ACK | ECE, peer.only().flags());
    }

    @Test
    void shouldIgnoreMarksUnlessAgreed() {
        ScriptedPeer peer = ScriptedPeer.established();
        data(peer, 0, 0, Ecn.CE);
        assertEquals(ACK, peer.only().flags());
    }

    @Test
    void shouldReduceOnceForAWindowAndSaySo() {
        ScriptedPeer peer = agreed(ON);
        peer.write(60_000);
        Sent first = peer.only();
        assertEquals(Ecn.ECT_0, first.ecn());
        assertEquals(10_000, first.length());
        peer.deliver(ACK | ECE, 0, 4_000, 0);
        assertEquals(5_000, peer.connection.info().cwnd());
        peer.deliver(ACK | ECE, 0, 6_000, 0);
        Sent told = peer.only();
        assertEquals(ACK | CWR, told.flags());
        assertEquals(1_000, told.length(), "one segment only: the flag must not be repeated when it is cut");
        peer.deliver(ACK | ECE, 0, 8_000, 0);
        Sent next = peer.only();
        assertEquals(ACK, next.flags());
        assertEquals(5_000, peer.connection.info().cwnd());
        peer.deliver(ACK | ECE, 0, 11_000, 0);
        assertEquals(2_000, peer.connection.info().cwnd(), "a mark of the next window");
    }

    @Test
    void shouldNotLetRetransmissionsBeMarked() {
        ScriptedPeer peer = agreed(ON);
        peer.write(5_000);
        peer.sent.clear();
        peer.passMillis(2);
        assertEquals(0, peer.only().ecn());
    }

    @Test
    void shouldFillABottleneckThatMarksWithoutALoss() {
        SimulatedNetwork network = new SimulatedNetwork(9, TcpConfig.DEFAULTS.withEcn(EcnMode.ON));
        network.bandwidth = 12_500_000;
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(5);
        network.queueNs = TimeUnit.MILLISECONDS.toNanos(40);
        network.markNs = TimeUnit.MILLISECONDS.toNanos(5);
        network.client.sendCapacity = 1 << 20;
        network.server.receiveCapacity = 1 << 20;
        network.client.connect();
        network.runMillis(100);
        long startNs = network.nowNs();
        network.client.toWrite = 12_000_000;
        network.client.runApplication();
        assertTrue(network.runUntil(
                () -> network.server.receiveBuffer.committed() == 12_000_000, TimeUnit.SECONDS.toNanos(3)));
        assertEquals(0, network.client.connection.info().totalRetransmits());
        assertTrue(network.nowNs() - startNs < TimeUnit.MILLISECONDS.toNanos(1_200));
    }

    private static ScriptedPeer agreed(TcpConfig config) {
        ScriptedPeer peer = new ScriptedPeer(config);
        peer.connect();
        peer.nowNs += TimeUnit.MILLISECONDS.toNanos(1);
        peer.deliver(SYN | ACK | ECE, -1, 0, 0);
        assertEquals(ACK, peer.sent.getLast().flags());
        peer.sent.clear();
        return peer;
    }

    private static void data(ScriptedPeer peer, long position, int flags, int ecn) {
        peer.fill(ACK | flags, position, 0, 1_000).ecn = ecn;
        peer.deliverFilled();
    }
}
