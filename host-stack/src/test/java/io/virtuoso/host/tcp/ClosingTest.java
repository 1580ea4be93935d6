package io.virtuoso.host.tcp;

import static io.virtuoso.host.tcp.TcpFlags.ACK;
import static io.virtuoso.host.tcp.TcpFlags.FIN;
import static io.virtuoso.host.tcp.TcpFlags.RST;
import static io.virtuoso.host.tcp.TcpFlags.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The ways a connection ends. */
class ClosingTest {
    private static final List<String> ENDED = List.of("established", "peerClosed", "buffersDone", "closed");

    @Test
    void shouldCloseActivelyThroughTimeWait() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.close(peer.nowNs);
        peer.expectOnly(ACK | FIN, 0, 0, 0);
        peer.deliver(ACK, 0, 1, 0);
        assertEquals(TcpState.FIN_WAIT_2, peer.connection.state());
        peer.deliver(ACK | FIN, 0, 1, 0);
        peer.expectOnly(ACK, 1, 1, 0);
        assertEquals(TcpState.TIME_WAIT, peer.connection.state());
        assertEquals(List.of("established", "buffersDone"), peer.events);
        peer.passMillis(59_999);
        assertEquals(TcpState.TIME_WAIT, peer.connection.state());
        peer.passMillis(2);
        assertEquals(List.of("established", "buffersDone", "closed"), peer.events);
    }

    @Test
    void shouldClosePassively() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliver(ACK | FIN, 0, 0, 10);
        peer.expectOnly(ACK, 0, 11, 0);
        assertEquals(TcpState.CLOSE_WAIT, peer.connection.state());
        peer.write(5);
        peer.expectOnly(ACK, 0, 11, 5);
        peer.read(10);
        peer.connection.close(peer.nowNs);
        peer.expectOnly(ACK | FIN, 5, 11, 0);
        peer.deliver(ACK, 11, 6, 0);
        assertEquals(ENDED, peer.events);
        peer.assertSilent();
    }

    @Test
    void shouldSendFinWithTheLastData() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.sendBuffer.write(2_500);
        peer.connection.shutdownWrite(peer.nowNs);
        peer.expectOnly(ACK | FIN, 0, 0, 2_500);
    }

    @Test
    void shouldReceiveAfterHalfClose() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.shutdownWrite(peer.nowNs);
        peer.deliver(ACK, 0, 1, 0);
        peer.sent.clear();
        peer.deliver(ACK, 0, 1, 2_000);
        peer.expectOnly(ACK, 1, 2_000, 0);
        peer.deliver(ACK | FIN, 2_000, 1, 500);
        peer.expectOnly(ACK, 1, 2_501, 0);
        assertEquals(2_500, peer.receiveBuffer.committed());
        assertEquals(TcpState.TIME_WAIT, peer.connection.state());
        assertEquals(List.of("established", "peerClosed", "buffersDone"), peer.events);
    }

    @Test
    void shouldRefuseDataOnceBothHalvesAreShut() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.shutdownRead();
        peer.deliver(ACK, 0, 0, 1_000);
        assertEquals(1_000, peer.receiveBuffer.committed());
        peer.connection.shutdownWrite(peer.nowNs);
        peer.deliver(ACK, 1_000, 1, 0);
        peer.sent.clear();
        assertEquals(TcpState.FIN_WAIT_2, peer.connection.state());
        peer.deliver(ACK, 500, 1, 500);
        assertEquals(TcpState.FIN_WAIT_2, peer.connection.state(), "nothing new");
        peer.sent.clear();
        peer.deliver(ACK, 1_000, 1, 1);
        peer.expectOnly(RST | ACK, 1, 1_000, 0);
        assertEquals(List.of("established", "failed " + TcpErrno.ECONNRESET, "buffersDone", "closed"), peer.events);
    }

    @Test
    void shouldCloseSimultaneously() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.shutdownWrite(peer.nowNs);
        peer.expectOnly(ACK | FIN, 0, 0, 0);
        peer.deliver(ACK | FIN, 0, 0, 0);
        peer.expectOnly(ACK, 1, 1, 0);
        assertEquals(TcpState.CLOSING, peer.connection.state());
        peer.deliver(ACK, 1, 1, 0);
        assertEquals(TcpState.TIME_WAIT, peer.connection.state());
        assertEquals(List.of("established", "peerClosed", "buffersDone"), peer.events);
    }

    @Test
    void shouldCloseSimultaneouslyOverALossyNetwork() {
        for (int seed = 0; seed < 100; seed++) {
            SimulatedNetwork network = new SimulatedNetwork(seed, TcpConfig.DEFAULTS).connected();
            network.loss = 0.3;
            network.client.connection.close(network.nowNs());
            network.server.connection.close(network.nowNs());
            assertTrue(
                    network.runUntil(
                            () -> network.client.saw("closed") && network.server.saw("closed"),
                            TimeUnit.HOURS.toNanos(1)),
                    "seed " + seed);
        }
    }

    @Test
    void shouldRetransmitALostFin() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.shutdownWrite(peer.nowNs);
        peer.expectOnly(ACK | FIN, 0, 0, 0);
        peer.passMillis(250);
        peer.expectOnly(ACK | FIN, 0, 0, 0);
        peer.deliver(ACK, 0, 1, 0);
        assertEquals(TcpState.FIN_WAIT_2, peer.connection.state());
        peer.pass(TimeUnit.HOURS.toNanos(3));
        peer.assertSilent();
        assertEquals(TcpState.FIN_WAIT_2, peer.connection.state(), "half close has no time limit");
    }

    @Test
    void shouldAnswerARepeatedFinInTimeWaitAndWaitAnew() {
        ScriptedPeer peer = ScriptedPeer.in(TcpState.TIME_WAIT);
        peer.passMillis(50_000);
        peer.deliver(ACK | FIN, 0, 1, 0);
        peer.expectOnly(ACK, 1, 1, 0);
        peer.passMillis(50_000);
        assertEquals(TcpState.TIME_WAIT, peer.connection.state());
        peer.passMillis(10_001);
        assertEquals(TcpState.CLOSED, peer.connection.state());
    }

    @Test
    void shouldGiveTimeWaitUpForAYoungerSyn() {
        ScriptedPeer peer = ScriptedPeer.in(TcpState.TIME_WAIT);
        assertEquals(TcpVerdict.OUT_OF_WINDOW, peer.deliver(SYN, -100, 0, 0));
        assertEquals(TcpState.TIME_WAIT, peer.connection.state());
        peer.sent.clear();
        assertEquals(TcpVerdict.TIME_WAIT_REUSED, peer.deliver(SYN, 100, 0, 0));
        assertEquals(TcpState.CLOSED, peer.connection.state());
        assertEquals("closed", peer.events.getLast());
        peer.assertSilent();
    }

    @Test
    void shouldReuseTimeWaitOverANetwork() {
        SimulatedNetwork network = new SimulatedNetwork(3, TcpConfig.DEFAULTS).connected();
        network.server.connection.close(network.nowNs());
        network.runMillis(5);
        network.client.connection.close(network.nowNs());
        network.runMillis(5);
        assertEquals(TcpState.TIME_WAIT, network.server.connection.state());
        network.client.iss += 100;
        network.client.connect();
        network.runMillis(5);
        assertEquals(TcpState.ESTABLISHED, network.client.connection.state());
        assertEquals(TcpState.ESTABLISHED, network.server.connection.state());
    }

    @Test
    void shouldResetWhenClosedWithUnreadData() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.deliverData(0, 100);
        peer.sent.clear();
        peer.connection.close(peer.nowNs);
        peer.expectOnly(RST | ACK, 0, 100, 0);
        assertEquals(List.of("established", "buffersDone", "closed"), peer.events);
    }

    @Test
    void shouldResetWhenDataArrivesAfterClose() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.close(peer.nowNs);
        peer.sent.clear();
        peer.deliver(ACK, 0, 1, 100);
        assertTrue(peer.only().has(RST));
        assertEquals(List.of("established", "buffersDone", "closed"), peer.events);
    }

    @Test
    void shouldNotWaitForeverForThePeersFinAfterClose() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.close(peer.nowNs);
        peer.deliver(ACK, 0, 1, 0);
        peer.passMillis(60_001);
        assertEquals(List.of("established", "buffersDone", "closed"), peer.events);
    }

    @Test
    void shouldSendDataWrittenBeforeClose() {
        SimulatedNetwork network = new SimulatedNetwork(4, TcpConfig.DEFAULTS).connected();
        network.loss = 0.1;
        network.client.sendBuffer.write(60_000);
        network.client.connection.close(network.nowNs());
        network.run(TimeUnit.SECONDS.toNanos(20));
        assertEquals(60_000, network.server.receiveBuffer.committed());
        assertTrue(network.server.saw("peerClosed"));
    }

    @ParameterizedTest
    @EnumSource(
            value = TcpState.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"CLOSED", "TIME_WAIT"})
    void shouldEndByResetInEveryState(TcpState state) {
        ScriptedPeer peer = ScriptedPeer.in(state);
        long next = peerNext(state);
        if (state == TcpState.SYN_SENT) {
            peer.deliver(RST | ACK, 0, 0, 0);
        } else {
            assertEquals(TcpVerdict.BAD_RESET, peer.deliver(RST, next + 10, 0, 0));
            peer.expect(ACK, peer.connection.sender().sndMax, next, 0);
            assertEquals(TcpVerdict.BAD_RESET, peer.deliver(RST, next + (1 << 24), 0, 0));
            assertEquals(state, peer.connection.state());
            peer.deliver(RST, next, 0, 0);
        }
        peer.assertSilent();
        assertEquals(TcpState.CLOSED, peer.connection.state());
        assertEquals("closed", peer.events.getLast());
        boolean told = peer.events.stream().anyMatch(event -> event.startsWith("failed"));
        assertEquals(
                state != TcpState.SYN_RECEIVED && peer.connection.state() == TcpState.CLOSED && isTold(state), told);
        assertEquals(Long.MAX_VALUE, peer.connection.nextDeadlineNs());
    }

    private static boolean isTold(TcpState state) {
        return state != TcpState.CLOSING && state != TcpState.LAST_ACK;
    }

    @ParameterizedTest
    @EnumSource(value = TcpState.class, mode = EnumSource.Mode.EXCLUDE, names = "CLOSED")
    void shouldEndByAbortInEveryState(TcpState state) {
        ScriptedPeer peer = ScriptedPeer.in(state);
        peer.connection.abort(peer.nowNs);
        if (state == TcpState.SYN_SENT || state == TcpState.TIME_WAIT) {
            peer.assertSilent();
        } else {
            peer.expectOnly(RST | ACK, peer.connection.sender().sndMax, peerNext(state), 0);
        }
        assertEquals("closed", peer.events.getLast());
        int events = peer.events.size();
        peer.connection.abort(peer.nowNs);
        peer.connection.close(peer.nowNs);
        assertEquals(events, peer.events.size(), "told once only");
    }

    @ParameterizedTest
    @EnumSource(
            value = TcpState.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"CLOSED", "SYN_SENT", "SYN_RECEIVED"})
    void shouldChallengeASynInEverySynchronizedState(TcpState state) {
        ScriptedPeer peer = ScriptedPeer.in(state);
        long next = peerNext(state);
        peer.deliver(SYN | ACK, next, 0, 0);
        peer.expectOnly(ACK, peer.connection.sender().sndMax, next, 0);
        assertEquals(state, peer.connection.state());
    }

    private static long peerNext(TcpState state) {
        return switch (state) {
            case CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT -> 1;
            default -> 0;
        };
    }
}
