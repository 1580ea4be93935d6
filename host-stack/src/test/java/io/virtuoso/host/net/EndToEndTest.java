package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.LossPort;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.wire.DropReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** IP and TCP between two stacks over a wire, in virtual time. */
class EndToEndTest {
    private static final WirePort.Traits OFFLOADS = new WirePort.Traits(1500, 500_000, 64, true);
    private static final WirePort.Traits NO_OFFLOADS = new WirePort.Traits(1500, 500_000, 64, false);
    private static final LossPort.Rates NO_LOSS = new LossPort.Rates(0, 0, 0, 0);

    private static void exchange(final TwoStacks stacks, final int connections, final long bytes) {
        for (int i = 0; i < connections; i++) {
            stacks.connect(TwoStacks.SERVER_PORT, 40_000 + i, new StreamSocket(1 << 17, false, bytes));
        }
        stacks.runUntil(() -> stacks.sockets.size() == 2 * connections
                && stacks.sockets.stream().allMatch(socket -> socket.peerClosed && socket.bytesRead() == bytes));
        for (final StreamSocket socket : stacks.sockets) {
            assertEquals(0, socket.errno);
        }
        stacks.runUntil(() -> stacks.left.connections() == 0 && stacks.right.connections() == 0);
        assertTrue(stacks.sockets.stream().allMatch(socket -> socket.closed && socket.buffersDone));
    }

    @Test
    void shouldEchoAStreamWithOffloads() {
        final TwoStacks stacks = new TwoStacks(OFFLOADS, NO_LOSS, 1, 1 << 17);
        exchange(stacks, 1, 10_000_000);
        assertEquals(0, stacks.left.counters().get(StackCounter.SEGMENTS_RETRANSMITTED));
    }

    @Test
    void shouldEchoAStreamWithoutOffloads() {
        final TwoStacks stacks = new TwoStacks(NO_OFFLOADS, NO_LOSS, 2, 1 << 17);
        exchange(stacks, 1, 3_000_000);
        assertEquals(0, stacks.left.counters().dropped(DropReason.TCP_CHECKSUM));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldEchoStreamsOverIpv6(final boolean offloads) {
        final WirePort.Traits traits = offloads ? OFFLOADS : NO_OFFLOADS;
        final TwoStacks stacks = new TwoStacks(traits, NO_LOSS, 21, 1 << 17, true);
        exchange(stacks, 3, 2_000_000);
        assertEquals(0, stacks.left.counters().dropped(DropReason.TCP_CHECKSUM));
        assertEquals(0, stacks.right.counters().dropped(DropReason.TCP_CHECKSUM));
        assertEquals(0, stacks.left.counters().get(StackCounter.ARP_OUT));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldLoseNoByteOverABadWireWithIpv6(final boolean offloads) {
        final WirePort.Traits traits = offloads ? OFFLOADS : NO_OFFLOADS;
        for (long seed = 1; seed <= 3; seed++) {
            final LossPort.Rates rates = new LossPort.Rates(0.02, 0.01, 0.02, 0.01);
            final TwoStacks stacks = new TwoStacks(traits, rates, seed, 1 << 16, true);
            exchange(stacks, 4, 150_000);
            assertTrue(stacks.loss.lost() > 0 && stacks.loss.corrupted() > 0);
        }
    }

    @Test
    void shouldEchoManyStreamsAtOnce() {
        exchange(new TwoStacks(OFFLOADS, NO_LOSS, 3, 1 << 16), 50, 200_000);
    }

    @ParameterizedTest
    @CsvSource({
        "true,  0.01, 0.00, 0.00, 0.00",
        "false, 0.01, 0.00, 0.00, 0.00",
        "false, 0.10, 0.00, 0.00, 0.00",
        "false, 0.00, 0.05, 0.00, 0.00",
        "false, 0.00, 0.00, 0.05, 0.00",
        "true,  0.00, 0.00, 0.20, 0.00",
        "false, 0.00, 0.00, 0.00, 0.02",
        "false, 0.03, 0.02, 0.03, 0.01",
    })
    void shouldLoseNoByteWhateverTheWireDoes(
            final boolean offloads,
            final double loss,
            final double duplication,
            final double reordering,
            final double corruption) {
        for (long seed = 1; seed <= 3; seed++) {
            exchange(
                    new TwoStacks(
                            offloads ? OFFLOADS : NO_OFFLOADS,
                            new LossPort.Rates(loss, duplication, reordering, corruption),
                            seed,
                            1 << 16),
                    4,
                    150_000);
        }
    }

    @Test
    void shouldKeepWithinTheReceiversRing() {
        exchange(new TwoStacks(OFFLOADS, NO_LOSS, 4, 1 << 16), 2, 500_000);
    }

    @Test
    void shouldRefuseConnectsToClosedPorts() {
        final TwoStacks stacks = new TwoStacks(OFFLOADS, NO_LOSS, 5, 1 << 16);
        final StreamSocket socket = stacks.connect(81, 40_000, new StreamSocket(1 << 16, false, 1));

        stacks.runUntil(() -> socket.closed);

        assertEquals(TcpErrno.ECONNREFUSED, socket.errno);
        assertEquals(0, stacks.left.connections());
    }

    @Test
    void shouldReportHostsThatDoNotAnswerArp() {
        final TwoStacks stacks = new TwoStacks(OFFLOADS, NO_LOSS, 6, 1 << 16);
        final StreamSocket socket = new StreamSocket(1 << 16, false, 1);
        final long start = stacks.now;
        stacks.left.connect(TwoStacks.LEFT, 40_000, 0x0a58_0063, 80, socket, start);

        stacks.runUntil(() -> socket.closed);

        assertEquals(TcpErrno.EHOSTUNREACH, socket.errno);
        assertEquals(3_000_000_000L, stacks.now - start);
    }

    @Test
    void shouldNotOpenTheSameConnectionTwice() {
        final TwoStacks stacks = new TwoStacks(OFFLOADS, NO_LOSS, 7, 1 << 16);
        final StreamSocket socket = new StreamSocket(1 << 16, false, 1);
        stacks.connect(TwoStacks.SERVER_PORT, 40_000, socket);
        assertNull(stacks.left.connect(
                TwoStacks.LEFT, 40_000, TwoStacks.RIGHT, TwoStacks.SERVER_PORT, socket, stacks.now));
    }

    @Test
    void shouldTellThePeerOfAnAbort() {
        final TwoStacks stacks = new TwoStacks(OFFLOADS, NO_LOSS, 8, 1 << 16);
        final StreamSocket socket = stacks.connect(TwoStacks.SERVER_PORT, 40_000, new StreamSocket(1 << 16, false, -1));
        stacks.runUntil(() -> stacks.accepted.size() == 1 && stacks.accepted.get(0).isEstablished);

        socket.connection().abort(stacks.now);
        stacks.runUntil(() -> stacks.accepted.get(0).closed);

        assertEquals(TcpErrno.ECONNRESET, stacks.accepted.get(0).errno);
        assertEquals(0, stacks.left.connections() + stacks.right.connections());
    }

    @Test
    void shouldNeedNothingWhileIdle() {
        final TwoStacks stacks = new TwoStacks(OFFLOADS, NO_LOSS, 9, 1 << 16);
        final StreamSocket socket = stacks.connect(TwoStacks.SERVER_PORT, 40_000, new StreamSocket(1 << 16, false, -1));
        stacks.runUntil(() -> socket.isEstablished);
        stacks.runFor(2_000_000_000L);
        final long sent = stacks.left.counters().get(StackCounter.FRAMES_OUT);

        stacks.runFor(3_600_000_000_000L);

        assertEquals(sent, stacks.left.counters().get(StackCounter.FRAMES_OUT));
        assertFalse(socket.closed);
    }
}
