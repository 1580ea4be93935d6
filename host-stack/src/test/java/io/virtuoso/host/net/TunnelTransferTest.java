package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.virtuoso.host.port.LossPort;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tunnel.TunnelKind;
import io.virtuoso.host.wire.DropReason;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TCP through tunnels between two host stacks, in virtual time. */
class TunnelTransferTest {
    private static final LossPort.Rates NO_LOSS = new LossPort.Rates(0, 0, 0, 0);
    private static final LossPort.Rates LOSS = new LossPort.Rates(0.01, 0.01, 0.02, 0.005);
    private static final int RING = 1 << 17;

    private static WirePort.Traits wire(final boolean offloads) {
        return new WirePort.Traits(1500, 10_000, 256, offloads);
    }

    @ParameterizedTest
    @CsvSource({
        "VXLAN, false, true, false, false", "VXLAN, true, true, false, false",
        "GRE, false, true, false, false", "GRE, true, true, false, false",
        "VXLAN, false, false, true, false", "VXLAN, true, false, true, false",
        "GRE, false, false, true, false", "GRE, true, false, true, false",
        "VXLAN, false, true, false, true", "VXLAN, true, false, true, true",
        "GRE, false, false, true, true", "GRE, true, true, false, true"
    })
    void shouldKeepNetworksOfTheSameAddressesApart(
            final TunnelKind kind,
            final boolean outer6,
            final boolean offloads,
            final boolean inner6,
            final boolean rings) {
        final TunnelledStacks stacks = new TunnelledStacks(kind, outer6, wire(offloads), NO_LOSS, 1 << 15, rings);
        final StreamSocket first = stacks.connect(0, inner6, 3_000_000);
        final StreamSocket second = stacks.connect(1, inner6, 1_000_000);
        stacks.runUntil(() -> first.closed && second.closed);
        assertEquals(3_000_000, first.bytesRead());
        assertEquals(1_000_000, second.bytesRead());
        for (final TunnelledStacks.Host host : new TunnelledStacks.Host[] {stacks.left, stacks.right}) {
            assertEquals(0, host.underlay.counters().dropped());
            host.paths.forEach(path -> assertEquals(0, path.counters().dropped()));
            host.links.forEach(
                    link -> assertEquals(0, link.out().lost() + link.in().lost()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "VXLAN, false, false",
        "VXLAN, true, false",
        "GRE, false, false",
        "GRE, true, false",
        "VXLAN, false, true",
        "GRE, true, true"
    })
    void shouldLoseNoByteOnABadUnderlay(final TunnelKind kind, final boolean outer6, final boolean rings) {
        final TunnelledStacks stacks = new TunnelledStacks(kind, outer6, wire(true), LOSS, RING, rings);
        final StreamSocket first = stacks.connect(0, false, 2_000_000);
        final StreamSocket second = stacks.connect(1, false, 2_000_000);
        stacks.runUntil(() -> first.closed && second.closed);
        assertEquals(2_000_000, first.bytesRead());
        assertEquals(2_000_000, second.bytesRead());
        assertTrue(stacks.loss.lost() > 0 && stacks.loss.corrupted() > 0 && stacks.loss.reordered() > 0);
    }

    @ParameterizedTest
    @CsvSource({
        "VXLAN, false, false",
        "VXLAN, true, false",
        "GRE, false, false",
        "VXLAN, false, true",
        "GRE, true, true"
    })
    void shouldAllocateNothingPerPacket(final TunnelKind kind, final boolean outer6, final boolean rings) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final TunnelledStacks stacks = new TunnelledStacks(kind, outer6, wire(true), NO_LOSS, RING, rings);
        stacks.connect(0, false, 1L << 40);
        stacks.connect(1, true, 1L << 40);
        run(stacks, 20_000);
        final long before = stacks.left.underlay.counters().get(StackCounter.FRAMES_IN);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5 && least > 0; round++) {
            final long start = threads.getCurrentThreadAllocatedBytes();
            run(stacks, 5_000);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - start);
        }
        assertTrue(stacks.left.underlay.counters().get(StackCounter.FRAMES_IN) - before > 1_000);
        assertEquals(0, least);
    }

    private static void run(final TunnelledStacks stacks, final int steps) {
        for (int i = 0; i < steps; i++) {
            stacks.now += 100_000;
            stacks.step();
        }
    }

    /** The wire carries less than both ends think, and a router says so. */
    @ParameterizedTest
    @CsvSource({
        "VXLAN, false, false",
        "VXLAN, true, false",
        "GRE, false, false",
        "VXLAN, false, true",
        "GRE, true, true"
    })
    void shouldGoOnWithSmallerSegmentsWhenTheWayCarriesLess(
            final TunnelKind kind, final boolean inner6, final boolean rings) {
        final WirePort.Traits traits = wire(true);
        final TunnelledStacks stacks = new TunnelledStacks(kind, false, traits, NO_LOSS, RING, rings);
        final StreamSocket socket = stacks.connect(0, inner6, 5_000_000);
        stacks.runUntil(() -> socket.bytesRead() > 100_000);
        stacks.router(1400);
        stacks.runUntil(() -> socket.closed);
        assertEquals(5_000_000, socket.bytesRead());
        assertTrue(stacks.left.underlay.counters().get(StackCounter.ICMP_ERRORS_IN) > 0);
        assertTrue(stacks.left.underlay.counters().dropped(DropReason.TUNNEL_TOO_LARGE) > 0);
        assertEquals(1400 - kind.overhead(false), stacks.left.tunnels.getFirst().mtu());
    }
}
