package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Many short connections, each over a network of its own kind of badness: what arrives is what was sent, and nothing is
 * left when both sides are done. {@code -Dseed=N} runs one, {@code -Dseeds=N} so many.
 */
class SeededRunsTest {
    private static final int RUNS = 20_000;
    /** Longer than the longest timeout: else a last ACK that is lost a few times leaves the peer without an answer. */
    private static final TcpConfig CONFIG = TcpConfig.DEFAULTS.withTimeWaitNs(TimeUnit.MINUTES.toNanos(30));

    private static final CongestionAlgorithm[] CONTROLS = CongestionAlgorithm.values();
    private static final int[] SEGMENTS = {200, 536, 1_000, 1_460};

    @Test
    void shouldEndWellWhateverTheNetworkDoes() {
        Integer only = Integer.getInteger("seed");
        int first = only == null ? 0 : only;
        int runs = only == null ? Integer.getInteger("seeds", RUNS) : 1;
        for (int seed = first; seed < first + runs; seed++) {
            Run run = new Run(seed);
            try {
                run.play();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ", " + run, e);
            }
        }
    }

    private static final class Run {
        private final Random random;
        private final SimulatedNetwork network;
        private final Endpoint client;
        private final Endpoint server;
        private final long up;
        private final long down;
        /** One run in eight ends by abort in the middle. */
        private final boolean aborts;

        Run(int seed) {
            random = new Random(seed * 0x9e3779b97f4a7c15L);
            network = new SimulatedNetwork(seed, CONFIG);
            client = network.client;
            server = network.server;
            up = size();
            down = size();
            aborts = random.nextInt(8) == 0;
            setUp(client, up);
            setUp(server, down);
            setUpWay();
            setUpMemory(client);
            setUpMemory(server);
            network.observer = this::check;
        }

        private long size() {
            return random.nextInt(5) == 0 ? random.nextInt(3) : random.nextInt(16_000);
        }

        private void setUp(Endpoint side, long bytes) {
            int mss = SEGMENTS[random.nextInt(SEGMENTS.length)];
            side.config = CONFIG.withSegments(mss, mss * (1 + random.nextInt(40)))
                    .withOptions(random.nextInt(4) > 0, random.nextInt(4) > 0)
                    .withCongestion(CONTROLS[random.nextInt(CONTROLS.length)])
                    .withPacing(random.nextInt(4) == 0);
            side.sendCapacity = 1 << (9 + random.nextInt(7));
            side.receiveCapacity = 1 << (9 + random.nextInt(8));
            if (side == client || random.nextInt(4) > 0) {
                // Otherwise more is promised at first than the buffer holds.
                side.config = side.config.withReceiveBytes(side.receiveCapacity, CONFIG.maxReceiveBytes());
            }
            side.iss = random.nextInt(4) == 0 ? -random.nextInt(20_000) : random.nextInt();
            side.toWrite = bytes;
            side.shutdownAfterWriting = true;
            side.keepalive = aborts;
            if (random.nextInt(4) == 0) {
                side.reading = false;
                network.after(TimeUnit.MILLISECONDS.toNanos(random.nextInt(2_000)), () -> {
                    side.reading = true;
                    side.runApplication();
                });
            }
        }

        /** Buffers that are tuned, and memory that is short for a while. */
        private void setUpMemory(Endpoint side) {
            side.receiveLimit = perhaps(2) ? side.receiveCapacity << random.nextInt(6) : 0;
            int shortage = random.nextInt(3_000);
            if (perhaps(6)) {
                limitMemory(side, random.nextInt(1_000), shortage);
                limitMemory(side, 1_000 + random.nextInt(20_000), Integer.MAX_VALUE);
            }
        }

        private void limitMemory(Endpoint side, int afterMillis, int bytes) {
            network.after(TimeUnit.MILLISECONDS.toNanos(afterMillis), () -> {
                if (side.receiveBuffer != null) {
                    side.receiveBuffer.memory = bytes;
                    side.receiveBuffer.promise = Math.max(bytes, 1 << 10);
                }
            });
        }

        private void setUpWay() {
            network.delayNs = TimeUnit.MICROSECONDS.toNanos(20 + random.nextInt(40_000));
            network.jitterNs = perhaps(3) ? TimeUnit.MICROSECONDS.toNanos(random.nextInt(20_000)) : 0;
            network.loss = perhaps(2) ? random.nextDouble() * 0.2 : 0;
            network.burstStart = perhaps(4) ? random.nextDouble() * 0.05 : 0;
            network.burstEnd = 0.2 + random.nextDouble() * 0.5;
            network.corruption = perhaps(4) ? random.nextDouble() * 0.1 : 0;
            network.duplication = perhaps(3) ? random.nextDouble() * 0.2 : 0;
            network.reordering = perhaps(3) ? random.nextDouble() * 0.5 : 0;
            network.reorderingNs = TimeUnit.MICROSECONDS.toNanos(random.nextInt(30_000));
            network.bandwidth = perhaps(3) ? 50_000 + random.nextInt(5_000_000) : 0;
            network.queueNs = TimeUnit.MILLISECONDS.toNanos(1 + random.nextInt(100));
            network.cut = random.nextInt(4) > 0;
        }

        private boolean perhaps(int oneIn) {
            return random.nextInt(oneIn) == 0;
        }

        private void check() {
            for (Endpoint side : List.of(client, server)) {
                if (side.connection != null) {
                    Invariants.check(side.connection, side.receiveBuffer);
                }
            }
        }

        void play() {
            client.connect();
            if (perhaps(20)) {
                server.connect();
            }
            if (aborts) {
                Endpoint side = random.nextBoolean() ? client : server;
                network.after(TimeUnit.MILLISECONDS.toNanos(random.nextInt(500)), () -> abort(side));
            }
            boolean done = network.runUntil(
                    () -> client.saw("closed") && (server.saw("closed") || server.connection == null),
                    TimeUnit.HOURS.toNanos(12));
            assertTrue(done, "both sides are done");
            checkOver(client);
            checkOver(server);
            if (!aborts) {
                checkComplete(client, server, up);
                checkComplete(server, client, down);
            }
        }

        private void abort(Endpoint side) {
            if (side.connection != null) {
                side.connection.abort(network.nowNs());
            }
        }

        private static void checkOver(Endpoint side) {
            if (side.connection != null) {
                Invariants.checkOver(side.connection, side.events);
            }
        }

        /** Every byte is checked when it is read, the last ones here. */
        private static void checkComplete(Endpoint from, Endpoint to, long bytes) {
            to.receiveBuffer.read(Long.MAX_VALUE);
            assertEquals(bytes, to.receiveBuffer.head(), "all arrived");
            assertEquals(bytes, from.sendBuffer.released(), "all was acknowledged");
            assertFalse(from.connection.sender().hasOutstanding(), "nothing is out");
            assertFalse(to.connection.receiver().hasGaps(), "no range is left");
            assertTrue(to.saw("established") && to.saw("peerClosed"), "told");
            assertFalse(to.events.stream().anyMatch(event -> event.startsWith("failed")), "nothing failed");
        }

        @Override
        public String toString() {
            return "client " + state(client) + ", server " + state(server) + ", up " + up + ", down " + down;
        }

        private static String state(Endpoint side) {
            return (side.connection == null ? "none" : side.connection.state()) + " " + side.events;
        }
    }
}
