package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Streams arrive byte for byte whatever the network does. */
class TransferTest {
    private static final TcpConfig CONFIG = TcpConfig.DEFAULTS.withTimeWaitNs(TimeUnit.SECONDS.toNanos(1));

    @Test
    void shouldTransferBothDirectionsOverACleanNetwork() {
        SimulatedNetwork network = new SimulatedNetwork(1, CONFIG);
        exchange(network, 3_000_000, 2_000_000);
        assertEquals(0, network.client.connection.info().totalRetransmits());
        assertEquals(0, network.server.connection.info().totalRetransmits());
    }

    @Test
    void shouldTransferLargeSegmentsUncut() {
        SimulatedNetwork network = new SimulatedNetwork(2, CONFIG);
        network.cut = false;
        network.client.sendCapacity = 1 << 20;
        network.server.receiveCapacity = 1 << 20;
        exchange(network, 8_000_000, 0);
        int sent = network.client.dataSegmentsSent;
        assertTrue(sent < 8_000_000 / 20_000, "segments with data: " + sent);
    }

    @Test
    void shouldLoseNoByteOverABadNetwork() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            boolean timestamps = random.nextInt(4) > 0;
            SimulatedNetwork network = new SimulatedNetwork(seed, CONFIG.withOptions(timestamps, random.nextBoolean()));
            network.loss = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.2;
            network.burstStart = random.nextInt(3) == 0 ? random.nextDouble() * 0.02 : 0;
            network.duplication = random.nextDouble() * 0.1;
            network.reordering = random.nextDouble() * 0.3;
            network.cut = random.nextInt(3) > 0;
            network.client.receiveCapacity = 1 << (12 + random.nextInt(6));
            network.server.receiveCapacity = 1 << (12 + random.nextInt(6));
            network.client.sendCapacity = 1 << (12 + random.nextInt(6));
            exchange(network, random.nextInt(120_000), random.nextInt(60_000));
        }
    }

    @Test
    void shouldFillABottleneck() {
        for (boolean sack : new boolean[] {true, false}) {
            SimulatedNetwork network = new SimulatedNetwork(4, CONFIG.withOptions(true, sack));
            network.bandwidth = 12_500_000;
            network.delayNs = TimeUnit.MILLISECONDS.toNanos(5);
            network.client.sendCapacity = 1 << 20;
            network.server.receiveCapacity = 1 << 20;
            long startNs = network.nowNs();
            exchange(network, 6_000_000, 0);
            double seconds = (network.nowNs() - startNs) / 1e9 - 1;
            assertTrue(seconds < (sack ? 0.7 : 2), "6 MB at 12.5 MB/s took " + seconds + " s");
        }
    }

    @Test
    void shouldCrossTheWrapOfSequenceNumbers() {
        for (int before : new int[] {1, 2, 1000, 100_000, 1_000_000}) {
            SimulatedNetwork network = new SimulatedNetwork(before, CONFIG);
            network.loss = 0.01;
            network.client.iss = -before;
            network.server.iss = Integer.MAX_VALUE - before;
            exchange(network, 2_000_000, 2_000_000);
        }
    }

    @Test
    void shouldCountBeyondFourGigabytes() {
        SimulatedNetwork network = new SimulatedNetwork(5, CONFIG.withSegments(65_000, 65_000)).connected();
        TcpConnection connection = network.client.connection;
        long far = (1L << 33) + 12_345;
        assertEquals(far, Seq.position(77, far - 1_000_000, Seq.of(77, far)));
        assertEquals(TcpState.ESTABLISHED, connection.state());
    }

    /** Transfers so many bytes each way at once, closes both directions, checks the end of both sides. */
    private static void exchange(SimulatedNetwork network, long up, long down) {
        network.client.toWrite = up;
        network.client.shutdownAfterWriting = true;
        network.server.toWrite = down;
        network.server.shutdownAfterWriting = true;
        network.client.connect();
        boolean done = network.runUntil(
                () -> network.client.saw("closed") && network.server.saw("closed"), TimeUnit.HOURS.toNanos(2));
        String where = "client " + network.client.events + " server " + network.server.events;
        assertTrue(done, where);
        assertEquals(up, network.server.receiveBuffer.committed(), where);
        assertEquals(down, network.client.receiveBuffer.committed(), where);
        assertTrue(network.client.saw("peerClosed") && network.server.saw("peerClosed"), where);
    }
}
