package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Pacing over a simulated path that is faster than the rate. */
class PacerTest {
    private static final long RATE = 1_000_000;
    private static final int SECONDS = 5;

    private final SimulatedNetwork network = new SimulatedNetwork(3, TcpConfig.DEFAULTS);
    private final Endpoint client = network.client;

    PacerTest() {
        client.sendCapacity = 1 << 20;
        client.peer.receiveCapacity = 1 << 20;
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(5);
    }

    private long arrivedIn(int seconds) {
        long before = client.peer.receiveBuffer.committed();
        network.run(TimeUnit.SECONDS.toNanos(seconds));
        return client.peer.receiveBuffer.committed() - before;
    }

    private void begin() {
        client.toWrite = Long.MAX_VALUE;
        client.connect();
        client.connection.setMaxPacingRate(RATE, network.nowNs());
        network.runMillis(100);
    }

    @Test
    void shouldKeepToTheRate() {
        begin();
        assertEquals(SECONDS * RATE, arrivedIn(SECONDS), 0.01 * SECONDS * RATE);
    }

    @Test
    void shouldKeepToTheRateWhileItRepairs() {
        network.loss = 0.02;
        begin();
        long sentBefore = client.connection.info().bytesSent();
        network.run(TimeUnit.SECONDS.toNanos(SECONDS));
        long sent = client.connection.info().bytesSent() - sentBefore;
        assertTrue(sent < 1.01 * SECONDS * RATE, sent + " bytes");
        assertTrue(sent > 0.8 * SECONDS * RATE, sent + " bytes");
    }

    @Test
    void shouldFollowWhenTheRateChanges() {
        begin();
        client.connection.setMaxPacingRate(3 * RATE, network.nowNs());
        assertEquals(SECONDS * 3 * RATE, arrivedIn(SECONDS), 0.01 * SECONDS * 3 * RATE);
        client.connection.setMaxPacingRate(RATE / 10, network.nowNs());
        arrivedIn(1);
        assertEquals(SECONDS * RATE / 10.0, arrivedIn(SECONDS), 0.05 * SECONDS * RATE / 10);
    }

    @Test
    void shouldNotLoseARateToTimersThatAreLate() {
        ScriptedPeer peer = ScriptedPeer.established();
        peer.connection.setMaxPacingRate(RATE, peer.nowNs);
        peer.write(40_000);
        long sent = 0;
        long sinceNs = peer.nowNs;
        while (sent < 40_000) {
            peer.nowNs = Math.max(peer.nowNs, peer.connection.nextDeadlineNs()) + TimeUnit.MICROSECONDS.toNanos(300);
            peer.connection.onDeadline(peer.nowNs);
            while (!peer.sent.isEmpty()) {
                sent += peer.sent.remove().length();
            }
            peer.deliver(TcpFlags.ACK, 0, sent, 0);
        }
        double rate = (double) sent * TimeUnit.SECONDS.toNanos(1) / (peer.nowNs - sinceNs);
        assertEquals(RATE, rate, 0.1 * RATE);
    }
}
