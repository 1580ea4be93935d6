package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.LossPort;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The way of a packet allocates nothing, in either direction, once a connection is there. */
class AllocationTest {
    private static final long BYTES = 1L << 40;
    private static final LossPort.Rates NO_LOSS = new LossPort.Rates(0, 0, 0, 0);
    private static final LossPort.Rates LOSS = new LossPort.Rates(0.01, 0.01, 0.01, 0);

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldAllocateNothingPerPacket(final boolean offloads) {
        final TwoStacks stacks = new TwoStacks(new WirePort.Traits(1500, 1_000, 64, offloads), NO_LOSS, 1, 1 << 17);
        assertEquals(0, allocatedWhileStreaming(stacks));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldAllocateNothingPerPacketWhenSomeAreLost(final boolean offloads) {
        final TwoStacks stacks = new TwoStacks(new WirePort.Traits(1500, 1_000, 64, offloads), LOSS, 1, 1 << 17);
        assertEquals(0, allocatedWhileStreaming(stacks));
        assertTrue(stacks.left.counters().get(StackCounter.SEGMENTS_RETRANSMITTED) > 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldAllocateNothingPerPacketOfIpv6(final boolean offloads) {
        final WirePort.Traits traits = new WirePort.Traits(1500, 1_000, 64, offloads);
        assertEquals(0, allocatedWhileStreaming(new TwoStacks(traits, NO_LOSS, 1, 1 << 17, true)));
    }

    private long allocatedWhileStreaming(final TwoStacks stacks) {
        stacks.connect(TwoStacks.SERVER_PORT, 40_000, new StreamSocket(1 << 17, false, BYTES));
        run(stacks, 20_000);
        final long framesBefore = stacks.left.counters().get(StackCounter.FRAMES_IN);
        long least = Long.MAX_VALUE;
        // What the virtual machine itself allocates now and then, while it compiles, is not ours: the best of some.
        for (int round = 0; round < 5 && least > 0; round++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            run(stacks, 20_000);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(stacks.left.counters().get(StackCounter.FRAMES_IN) - framesBefore > 1_000);
        return least;
    }

    /** Full at once and for ever. */
    private static final class FullListener implements WireListener {
        @Override
        public boolean mayAccept() {
            return true;
        }

        @Override
        public boolean mayRemember() {
            return false;
        }

        @Override
        public int maxSegment() {
            return 0;
        }

        @Override
        public TcpEvents open(final WireConnection connection) {
            throw new AssertionError("nothing is to be made");
        }
    }

    @Test
    void shouldAllocateNothingPerSynThatIsAnsweredByACookie() {
        final WireListener listener = new FullListener();
        final Link link = new Link((address, port) -> listener);
        link.introduce();
        flood(link, 30_000);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5 && least > 0; round++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            flood(link, 20_000);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least);
        assertTrue(link.path.counters().get(StackCounter.SYN_COOKIES_SENT) >= 50_000);
        assertEquals(0, link.path.connections());
    }

    private static void flood(final Link link, final int syns) {
        final ByteBuffer buffer = link.frame.buffer();
        for (int i = 0; i < syns; i++) {
            TcpHeader.write(buffer, Frame.TRANSPORT_AT, 1 + i % 60_000 << 16 | 80, i, 0, 20, TcpHeader.SYN, 1000);
            TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 20, Link.KERNEL, Link.GUEST);
            link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, 20);
            assertTrue(link.received());
        }
    }

    private static void run(final TwoStacks stacks, final int steps) {
        for (int i = 0; i < steps; i++) {
            stacks.now += 100_000;
            stacks.step();
        }
    }
}
