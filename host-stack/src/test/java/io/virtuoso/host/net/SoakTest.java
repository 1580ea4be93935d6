package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.LossPort;
import io.virtuoso.host.port.WirePort;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What takes long: connections that outlive their sequence numbers and timestamps, thousands of short ones beside them,
 * loss all the time, clocks near their ends. {@code -Dsoak.gib=N} sends so much through one connection each way,
 * {@code -Dsoak.days=N} lets so many days pass.
 */
class SoakTest {
    private static final WirePort.Traits WIRE = new WirePort.Traits(1500, 500_000, 64, true);
    private static final LossPort.Rates RATES = new LossPort.Rates(0.01, 0.005, 0.005, 0);
    private static final int RING_BYTES = 1 << 20;
    private static final long GIB = 1L << 30;
    /** Timestamps are of 32 bits and in milliseconds. */
    private static final double DAYS_OF_TIMESTAMPS = 49.7;

    /** Where a test begins, so that it ends some weeks before the clock does. */
    private static long beforeTheEnd(final long days) {
        return Long.MAX_VALUE - TimeUnit.DAYS.toNanos(days + 60);
    }

    @Test
    void shouldOutliveSequenceNumbers() {
        final long bytes = Long.getLong("soak.gib", 9) * GIB;
        final TwoStacks stacks = new TwoStacks(WIRE, new LossPort.Rates(0.0005, 0, 0, 0), 1, RING_BYTES);
        final StreamSocket socket =
                stacks.connect(TwoStacks.SERVER_PORT, 40_000, new StreamSocket(RING_BYTES, false, bytes));
        while (!socket.closed) {
            stacks.runFor(TimeUnit.SECONDS.toNanos(10));
        }
        assertEquals(0, socket.errno);
        assertEquals(bytes, socket.bytesRead());
        assertTrue(stacks.left.counters().get(StackCounter.SEGMENTS_RETRANSMITTED) > 100);
        expectNothingLeft(stacks);
    }

    /**
     * A connection that says something now and then for months, with pauses after which its timestamps tell nothing any
     * more, while others come and go.
     */
    @ParameterizedTest
    @ValueSource(strings = {"as usual", "from below zero", "up to the end"})
    void shouldOutliveTimestamps(final String clock) {
        final long days = Long.getLong("soak.days", 160);
        assertTrue(days > 3 * DAYS_OF_TIMESTAMPS);
        final TwoStacks stacks = new TwoStacks(WIRE, RATES, clock.length(), 1 << 15);
        stacks.now = switch (clock) {
            case "from below zero" -> -TimeUnit.HOURS.toNanos(1);
            case "up to the end" -> beforeTheEnd(days);
            default -> stacks.now;
        };
        final long end = stacks.now + TimeUnit.DAYS.toNanos(days);
        final StreamSocket talker = talker(stacks, 40_000);
        final StreamSocket sleeper = talker(stacks, 40_001);
        final Churn churn = new Churn(stacks);
        for (int round = 0; stacks.now < end; round++) {
            say(stacks, talker, 1 + round * 7 % 20_000);
            churn.round(round);
            if (round % 24 == 0) {
                stacks.runFor(TimeUnit.HOURS.toNanos(8));
            }
            if (round % 300 == 299) {
                stacks.runFor(TimeUnit.DAYS.toNanos(25)); // longer than PAWS holds (RFC 7323 section 5.5)
                say(stacks, sleeper, 10_000);
            }
            stacks.runFor(TimeUnit.MINUTES.toNanos(20));
        }
        assertTrue(churn.served > 2_000, churn.served + " short connections");
        finish(stacks, talker);
        finish(stacks, sleeper);
        expectNothingLeft(stacks);
    }

    private static StreamSocket talker(final TwoStacks stacks, final int localPort) {
        final StreamSocket socket = new StreamSocket(1 << 15, false, 0);
        socket.writesMore = true;
        stacks.connect(TwoStacks.SERVER_PORT, localPort, socket);
        stacks.runUntil(() -> socket.isEstablished);
        return socket;
    }

    private static void say(final TwoStacks stacks, final StreamSocket socket, final int bytes) {
        final long expected = socket.bytesRead() + bytes;
        socket.write(bytes);
        stacks.runUntil(() -> socket.bytesRead() == expected || socket.closed);
        assertEquals(0, socket.errno);
        assertEquals(expected, socket.bytesRead());
    }

    private static void finish(final TwoStacks stacks, final StreamSocket socket) {
        socket.writesMore = false;
        stacks.runUntil(() -> socket.closed);
        assertEquals(0, socket.errno);
    }

    private static void expectNothingLeft(final TwoStacks stacks) {
        stacks.runFor(TimeUnit.HOURS.toNanos(2));
        for (final WirePath path : List.of(stacks.left, stacks.right)) {
            assertEquals(0, path.connections());
            assertEquals(0, path.held());
            assertEquals(Long.MAX_VALUE, path.nextDeadlineNs());
        }
        for (final StreamSocket socket : stacks.sockets) {
            assertTrue(socket.closed && socket.buffersDone);
        }
    }

    /** Short connections over few ports, closed by the client first or by the server, and some by abort. */
    private static final class Churn {
        private static final int AT_ONCE = 8;
        private static final int PORTS = 16;
        private static final int CLIENT_BYTES = 2_000;
        private static final int FIRST_PORT = 50_000;

        private final TwoStacks stacks;
        private int nextPort;
        private int served;

        Churn(final TwoStacks stacks) {
            this.stacks = stacks;
        }

        /** Several times within a minute, so that names are used again while the other side is in TIME_WAIT. */
        void round(final int round) {
            for (int i = 0; i < 4; i++) {
                connections(round % 2 == 0, round % 10 == 0);
            }
        }

        private void connections(final boolean clientFirst, final boolean abort) {
            final List<StreamSocket> mine = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                final StreamSocket socket = open(clientFirst);
                if (socket != null) {
                    mine.add(socket);
                }
            }
            stacks.runUntil(() -> mine.stream().allMatch(socket -> socket.isEstablished || socket.closed));
            if (abort && !mine.isEmpty()) {
                mine.getFirst().connection().abort(stacks.now);
            }
            stacks.runUntil(() -> mine.stream().allMatch(socket -> socket.closed || socket.peerClosed));
            mine.forEach(socket -> socket.writesMore = false);
            for (final StreamSocket socket : mine) {
                assertEquals(0, socket.errno);
                final long expected = clientFirst ? CLIENT_BYTES : TwoStacks.SOURCE_BYTES;
                stacks.runUntil(() -> socket.bytesRead() == expected || !socket.peerClosed);
                served++;
            }
            stacks.runFor(TimeUnit.SECONDS.toNanos(1));
            stacks.sockets.removeIf(socket -> socket.closed);
            stacks.accepted.removeIf(socket -> socket.closed);
        }

        /** The names of one in TIME_WAIT are taken, unless it is the other side's. */
        private StreamSocket open(final boolean clientFirst) {
            final int port = FIRST_PORT + nextPort++ % PORTS;
            final StreamSocket socket = new StreamSocket(1 << 12, false, clientFirst ? CLIENT_BYTES : 0);
            socket.writesMore = !clientFirst;
            final WireConnection connection = stacks.left.connect(
                    TwoStacks.LEFT,
                    port,
                    TwoStacks.RIGHT,
                    clientFirst ? TwoStacks.SERVER_PORT : TwoStacks.SOURCE_PORT,
                    socket,
                    stacks.now);
            if (connection == null) {
                return null;
            }
            socket.connection(connection);
            stacks.sockets.add(socket);
            return socket;
        }
    }
}
