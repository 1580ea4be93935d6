package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static io.virtuoso.host.tcp.TcpFlags.FIN;
import static io.virtuoso.host.tcp.TcpFlags.RST;
import static io.virtuoso.host.tcp.TcpFlags.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Opening from both sides, its options, its losses and its refusals. */
class HandshakeTest {
    @Test
    void shouldOfferOptionsInSyn() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG.withOptions(true, true));
        peer.connect();
        Sent syn = peer.only();
        ScriptedPeer.expect(syn, SYN, -1, 0, 0);
        assertEquals(ScriptedPeer.MSS, syn.mss());
        assertEquals(7, syn.windowScale());
        assertTrue(syn.hasTimestamps() && syn.sackPermitted());
        assertEquals(65_535, syn.window());
        assertEquals(0, syn.ack());
    }

    @Test
    void shouldEstablishActively() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.connect();
        peer.next();
        assertEquals(TcpVerdict.ACCEPTED, peer.deliver(SYN | ACK, -1, 0, 0));
        peer.expectOnly(ACK, 0, 0, 0);
        assertEquals(List.of("established"), peer.events);
        assertFalse(peer.connection.isPassive());
        assertEquals(Long.MAX_VALUE, peer.connection.nextDeadlineNs());
    }

    @Test
    void shouldEstablishPassivelyAndTakeDataOfTheSameSegment() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        assertEquals(TcpVerdict.ACCEPTED, peer.deliverSyn());
        Sent synAck = peer.only();
        ScriptedPeer.expect(synAck, SYN | ACK, -1, 0, 0);
        assertEquals(TcpSegment.NO_WINDOW_SCALE, synAck.windowScale(), "the peer did not offer it");
        assertFalse(synAck.hasTimestamps());
        peer.deliver(ACK, 0, 0, 100);
        assertEquals(TcpState.ESTABLISHED, peer.connection.state());
        assertEquals(100, peer.receiveBuffer.committed());
        assertTrue(peer.connection.isPassive());
    }

    @Test
    void shouldAgreeOnOptionsOfThePeersSyn() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG.withOptions(true, true));
        TcpSegment syn = peer.fill(SYN, -1, 0, 0);
        syn.windowScale = 14;
        syn.mss = 100;
        syn.tsVal = 12345;
        TcpListener.onSegment(syn, peer, peer.nowNs);
        Sent synAck = peer.only();
        assertEquals(7, synAck.windowScale());
        assertEquals(12345, synAck.tsEcr());
        assertTrue(synAck.sackPermitted());
        peer.peerTsVal = 12346;
        peer.peerWindow = 2;
        peer.deliver(ACK, 0, 0, 0);
        TcpInfo info = peer.connection.info();
        assertEquals(88, info.mss());
        assertTrue(info.scaled());
        assertEquals(14, info.sendWindowScale());
        assertEquals(7, info.receiveWindowScale());
        peer.write(40_000);
        assertEquals(880, peer.next().length(), "initial window of ten segments");
    }

    @Test
    void shouldSayThatAPeerWithoutTheOptionScalesNoWindows() {
        assertFalse(ScriptedPeer.established().connection.info().scaled());
    }

    @Test
    void shouldOpenSimultaneously() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.connect();
        peer.next();
        peer.deliver(SYN, -1, 0, 0);
        peer.expectOnly(SYN | ACK, -1, 0, 0);
        assertEquals(TcpState.SYN_RECEIVED, peer.connection.state());
        peer.deliver(SYN | ACK, -1, 0, 0);
        peer.expectOnly(ACK, 0, 0, 0);
        assertEquals(List.of("established"), peer.events);
    }

    @Test
    void shouldOpenSimultaneouslyOverANetwork() {
        SimulatedNetwork network = new SimulatedNetwork(1, TcpConfig.DEFAULTS);
        network.client.connect();
        network.server.connect();
        network.runMillis(50);
        assertEquals(TcpState.ESTABLISHED, network.client.connection.state());
        assertEquals(TcpState.ESTABLISHED, network.server.connection.state());
    }

    @Test
    void shouldBeRefused() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.connect();
        peer.next();
        assertEquals(TcpVerdict.BAD_RESET, peer.deliver(RST, -1, 0, 0), "without ACK it may be anyone's");
        peer.deliver(RST | ACK, -1, 0, 0);
        assertEquals(List.of("failed " + TcpErrno.ECONNREFUSED, "buffersDone", "closed"), peer.events);
        peer.assertSilent();
    }

    @Test
    void shouldResetAHalfOpenPeer() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.connect();
        peer.next();
        assertEquals(TcpVerdict.BAD_ACK, peer.deliver(ACK, 300, 4711, 0));
        peer.expectOnly(RST, 4711, 0, 0);
        assertEquals(TcpState.SYN_SENT, peer.connection.state());
        assertEquals(TcpVerdict.BAD_ACK, peer.deliver(RST | ACK, 300, 4711, 0));
        peer.assertSilent();
    }

    @Test
    void shouldRetransmitSynWithBackoffAndGiveUp() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.connect();
        peer.passMillis(126_900);
        assertEquals(1 + 6, peer.sent.size());
        assertEquals(List.of(), peer.events);
        peer.passMillis(200);
        assertEquals(List.of("failed " + TcpErrno.ETIMEDOUT, "buffersDone", "closed"), peer.events);
        assertEquals(7, peer.sent.size());
    }

    @Test
    void shouldForgetAnUnansweredSynAckSilently() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.deliverSyn();
        peer.pass(TimeUnit.MINUTES.toNanos(5));
        assertEquals(1 + 5 + 1, peer.sent.size());
        assertTrue(peer.sent.getLast().has(RST));
        assertEquals(List.of("buffersDone", "closed"), peer.events);
    }

    @Test
    void shouldAnswerARepeatedSyn() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.deliverSyn();
        peer.next();
        peer.deliver(SYN, -1, 0, 0);
        peer.expectOnly(SYN | ACK, -1, 0, 0);
        peer.deliver(ACK, 0, 0, 0);
        peer.deliver(SYN | ACK, -1, 0, 0);
        peer.expectOnly(ACK, 0, 0, 0);
        assertEquals(TcpState.ESTABLISHED, peer.connection.state());
    }

    @Test
    void shouldSendFinOnceEstablishedWhenShutDownBefore() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.connect();
        peer.next();
        peer.connection.shutdownWrite(peer.nowNs);
        peer.deliver(SYN | ACK, -1, 0, 0);
        peer.expectOnly(ACK | FIN, 0, 0, 0);
        assertEquals(TcpState.FIN_WAIT_1, peer.connection.state());
    }

    @Test
    void shouldFailByIcmpWhileConnecting() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        peer.connect();
        peer.connection.onUnreachable(TcpErrno.EHOSTUNREACH, 4711);
        assertEquals(List.of(), peer.events, "not about a segment in flight");
        peer.connection.onUnreachable(TcpErrno.EHOSTUNREACH, ScriptedPeer.ISS);
        assertEquals(List.of("failed " + TcpErrno.EHOSTUNREACH, "buffersDone", "closed"), peer.events);
    }

    @Test
    void shouldOnlyLetSynsThroughAListener() {
        ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CONFIG);
        assertEquals(TcpVerdict.RESET_NEEDED, listen(peer, ACK));
        assertEquals(TcpVerdict.RESET_NEEDED, listen(peer, SYN | ACK));
        assertEquals(TcpVerdict.BAD_RESET, listen(peer, RST));
        assertEquals(TcpVerdict.BAD_RESET, listen(peer, SYN | RST));
        assertEquals(TcpVerdict.NOT_A_SYN, listen(peer, FIN));
        peer.backlogFull = true;
        assertEquals(TcpVerdict.BACKLOG_FULL, listen(peer, SYN));
        peer.assertSilent();
        peer.backlogFull = false;
        assertEquals(TcpVerdict.ACCEPTED, listen(peer, SYN));
    }

    private static TcpVerdict listen(ScriptedPeer peer, int flags) {
        return TcpListener.onSegment(peer.fill(flags, -1, 0, 0), peer, peer.nowNs);
    }

    @Test
    void shouldConnectOnceTheBacklogHasRoom() {
        SimulatedNetwork network = new SimulatedNetwork(2, TcpConfig.DEFAULTS);
        network.server.backlogFull = true;
        network.client.connect();
        network.runMillis(500);
        assertEquals(TcpState.SYN_SENT, network.client.connection.state());
        network.server.backlogFull = false;
        network.runMillis(1000);
        assertEquals(TcpState.ESTABLISHED, network.client.connection.state());
    }

    @Test
    void shouldResetWhatBelongsToNothing() {
        TcpSegment segment = new TcpSegment();
        OutgoingSegment reply = new OutgoingSegment();
        segment.flags = SYN | FIN;
        segment.seq = 100;
        segment.payloadLength = 10;
        assertTrue(TcpResets.reply(segment, reply));
        assertEquals(112, reply.ack);
        assertEquals(0, reply.seq);
        assertEquals(RST | ACK, reply.flags);
        segment.flags = ACK;
        segment.ack = 77;
        assertTrue(TcpResets.reply(segment, reply));
        assertEquals(77, reply.seq);
        assertEquals(RST, reply.flags);
        segment.flags = RST;
        assertFalse(TcpResets.reply(segment, reply));
    }
}
