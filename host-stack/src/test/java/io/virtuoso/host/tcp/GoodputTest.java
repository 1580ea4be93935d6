package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What loss and reordering cost in time, over a path of 100 Mbit/s with a round trip of 20 ms. */
class GoodputTest {
    private static final double ROUND_TRIP = 0.02;

    /** Whether the retransmission timer expired during the last {@link #transfer}. */
    private boolean timedOut;

    @Test
    void shouldRepairLostRetransmissionsByWhatIsSentAfterThem() {
        // Later the buffers have run out of new data, and only that tells of a loss.
        for (int times = 1; times <= 3; times++) {
            SimulatedNetwork network = path(times);
            drop(network, 500_000, times);
            double seconds = transfer(network, 3_000_000);
            assertFalse(timedOut, "lost " + times + " times");
            assertTrue(seconds < 0.35 + times * 2.5 * ROUND_TRIP, "lost " + times + " times: " + seconds + " s");
        }
    }

    @Test
    void shouldRepairALostTailWithoutATimeout() {
        for (int segments = 2; segments <= 9; segments++) {
            double seconds = transfer(losingTheEnd(segments), 14_480);
            assertTrue(seconds < 8 * ROUND_TRIP, segments + " segments at the end lost: " + seconds + " s");
            assertFalse(timedOut);
        }
    }

    @Test
    void shouldKeepItsWindowWhenTheLastSegmentIsLost() {
        SimulatedNetwork network = losingTheEnd(1);
        transfer(network, 14_480);
        assertFalse(timedOut);
        assertTrue(network.client.connection.info().cwnd() >= 14_480);
    }

    private static SimulatedNetwork losingTheEnd(int segments) {
        SimulatedNetwork network = path(segments);
        int[] left = {segments};
        network.filter =
                sent -> sent.length() > 0 && position(network, sent) >= 14_480 - segments * 1_448 && left[0]-- > 0;
        return network;
    }

    @Test
    void shouldHardlyRetransmitWhenReorderingIsSlight() {
        SimulatedNetwork network = path(3);
        network.client.sendCapacity = 1 << 18;
        network.reordering = 0.2;
        network.reorderingNs = TimeUnit.MILLISECONDS.toNanos(4);
        double seconds = transfer(network, 3_000_000);
        long again = network.client.connection.info().bytesRetransmitted();
        // Before reordering was seen, three segments behind a gap are taken for a loss.
        assertTrue(again < 60_000, "sent again: " + again);
        assertTrue(seconds < 0.5, seconds + " s");
    }

    @Test
    void shouldLearnFromDuplicatesHowFarReorderingGoes() {
        SimulatedNetwork network = path(4);
        network.client.sendCapacity = 1 << 18;
        network.reordering = 0.2;
        network.reorderingNs = TimeUnit.MILLISECONDS.toNanos(15);
        double seconds = transfer(network, 6_000_000);
        long again = network.client.connection.info().bytesRetransmitted();
        assertTrue(again < 60_000, "sent again: " + again);
        assertTrue(seconds < 3, seconds + " s");
    }

    @Test
    void shouldKeepGoingAtOnePercentLoss() {
        SimulatedNetwork network = path(5);
        network.loss = 0.01;
        double seconds = transfer(network, 3_000_000);
        assertTrue(seconds < 4, "3 MB took " + seconds + " s");
    }

    private static SimulatedNetwork path(long seed) {
        SimulatedNetwork network = new SimulatedNetwork(seed, TcpConfig.DEFAULTS);
        network.bandwidth = 12_500_000;
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(10);
        network.client.sendCapacity = 1 << 20;
        network.server.receiveCapacity = 1 << 20;
        return network;
    }

    /** Loses the segment that holds a position, so many times. */
    private static void drop(SimulatedNetwork network, long at, int times) {
        int[] left = {times};
        network.filter = sent -> {
            long from = position(network, sent);
            return from <= at && at < from + sent.length() && left[0]-- > 0;
        };
    }

    private static long position(SimulatedNetwork network, Sent sent) {
        return Seq.position(network.client.iss, 0, sent.seq());
    }

    /** Seconds from the handshake's end until all has arrived. */
    private double transfer(SimulatedNetwork network, int bytes) {
        network.client.connect();
        network.runMillis(100);
        long startNs = network.nowNs();
        network.client.toWrite = bytes;
        network.client.runApplication();
        timedOut = false;
        boolean done = network.runUntil(
                () -> {
                    timedOut |= network.client.connection.info().retries() > 0;
                    return network.server.receiveBuffer.committed() == bytes;
                },
                TimeUnit.MINUTES.toNanos(5));
        assertTrue(done);
        assertEquals(TcpState.ESTABLISHED, network.client.connection.state());
        return (network.nowNs() - startNs) / 1e9;
    }
}
