package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The receive buffer grows with what the reader takes in a round trip, and windows keep their promise. */
class ReceiveTuningTest {
    private static final int DEFAULT = 64 * 1024;
    private static final int MAX = 4 << 20;

    private SimulatedNetwork path(boolean timestamps, int roundTripMs) {
        SimulatedNetwork network = new SimulatedNetwork(11, TcpConfig.DEFAULTS.withOptions(timestamps, true));
        network.bandwidth = 12_500_000;
        network.delayNs = TimeUnit.MILLISECONDS.toNanos(roundTripMs) / 2;
        network.queueNs = 2 * network.delayNs;
        network.client.sendCapacity = MAX;
        network.server.receiveCapacity = DEFAULT;
        network.server.receiveLimit = MAX;
        network.client.toWrite = Long.MAX_VALUE;
        return network;
    }

    private static double megabits(SimulatedNetwork network, int seconds) {
        network.client.connect();
        network.run(TimeUnit.SECONDS.toNanos(5));
        long before = network.server.receiveBuffer.committed();
        network.run(TimeUnit.SECONDS.toNanos(seconds));
        return (network.server.receiveBuffer.committed() - before) * 8e-6 / seconds;
    }

    @ParameterizedTest
    @CsvSource({"true, 100", "false, 100", "true, 20"})
    void shouldFillALongFatPathFromTheDefaultBuffer(boolean timestamps, int roundTripMs) {
        SimulatedNetwork network = path(timestamps, roundTripMs);
        double tuned = megabits(network, 3);
        assertTrue(tuned > 90, tuned + " Mbit/s of 100");
    }

    @Test
    void shouldBeNoObstacleToSlowStart() {
        SimulatedNetwork network = path(true, 100);
        network.client.toWrite = 3_000_000;
        network.client.connect();
        assertTrue(network.runUntil(() -> arrived(network) == 3_000_000, TimeUnit.SECONDS.toNanos(10)));
        long tuned = network.nowNs();
        SimulatedNetwork wide = path(true, 100);
        wide.server.receiveCapacity = MAX;
        wide.client.toWrite = 3_000_000;
        wide.client.connect();
        assertTrue(wide.runUntil(() -> arrived(wide) == 3_000_000, TimeUnit.SECONDS.toNanos(10)));
        assertTrue(tuned - wide.nowNs() <= TimeUnit.MILLISECONDS.toNanos(50), (tuned - wide.nowNs()) / 1e6 + " ms");
    }

    private static long arrived(SimulatedNetwork network) {
        return network.server.receiveBuffer == null ? 0 : network.server.receiveBuffer.committed();
    }

    @Test
    void shouldStayAsSetIfTheApplicationSaysSo() {
        SimulatedNetwork network = path(true, 100);
        network.server.receiveLimit = 0;
        assertEquals(5.2, megabits(network, 10), 0.2);
    }

    @Test
    void shouldGrowNoBufferForASlowReader() {
        SimulatedNetwork network = path(true, 20);
        network.server.readAtOnce = 100;
        network.client.connect();
        for (int i = 0; i < 30_000; i++) {
            network.after(TimeUnit.MILLISECONDS.toNanos(i), network.server::runApplication);
        }
        network.run(TimeUnit.SECONDS.toNanos(30));
        assertTrue(network.server.receiveBuffer.committed() > 2 * DEFAULT);
        assertEquals(DEFAULT, network.server.receiveBuffer.capacity());
    }

    @Test
    void shouldHoldAboutTwiceWhatIsReadInARoundTrip() {
        SimulatedNetwork network = path(true, 40);
        megabits(network, 2);
        // 500,000 bytes are under way, and as many more when the queue is full; behind a loss twice as many come at
        // once.
        TcpInfo info = network.server.connection.info();
        assertEquals(60e6, info.receiveRttNs(), 25e6);
        assertEquals(1_200_000, info.receiveSpace(), 800_000);
        assertEquals(info.receiveCapacity(), network.server.receiveBuffer.capacity());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldKeepPromisesWhateverBecomesOfMemory(long seed) {
        SimulatedNetwork network = path(true, 10);
        Random random = new Random(seed);
        network.loss = 0.01;
        network.reordering = 0.05;
        network.client.toWrite = 4_000_000;
        long[] edge = {0};
        network.filter = sent -> {
            if (isAck(network, sent)) {
                long acked = Seq.position(network.client.iss, edge[0], sent.ack());
                long offered = acked + ((long) sent.window() << shift(network));
                assertTrue(offered >= edge[0] - (1L << shift(network)), "the right edge moved left");
                edge[0] = Math.max(edge[0], offered);
            }
            return false;
        };
        network.client.connect();
        for (int i = 0; i < 200_000 && arrived(network) < 4_000_000; i++) {
            network.run(TimeUnit.MICROSECONDS.toNanos(500));
            if (network.server.receiveBuffer != null && random.nextInt(20) == 0) {
                network.server.receiveBuffer.memory = random.nextInt(3) == 0 ? random.nextInt(5_000) : MAX;
                network.server.receiveBuffer.promise = 2_000 + random.nextInt(MAX);
                network.server.readAtOnce = random.nextInt(4) == 0 ? 2_000 : MAX;
            }
        }
        assertEquals(4_000_000, arrived(network));
    }

    /** From the server, which sends nothing else once the handshake is done. */
    private static boolean isAck(SimulatedNetwork network, Sent sent) {
        return sent.flags() == TcpFlags.ACK && sent.length() == 0 && sent.seq() == network.server.iss + 1;
    }

    private static int shift(SimulatedNetwork network) {
        return network.server.connection.info().receiveWindowScale();
    }
}
