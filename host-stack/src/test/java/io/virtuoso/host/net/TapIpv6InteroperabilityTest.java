package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.TapPort;
import io.virtuoso.host.port.TapSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The same over IPv6: Neighbour Discovery, ICMPv6 and segmentation offload between the kernel and this stack. */
class TapIpv6InteroperabilityTest extends KernelInteroperability {
    private static final TapSettings SETTINGS = new TapSettings(
            "vtest6", Link.KERNEL, 16, 1500, new TapSettings.Ipv6(Link.PREFIX6, Link.KERNEL & 0xffff, 64));

    @Override
    String kernelAddress() {
        return "fd00:88::1";
    }

    @Override
    String guestAddress() {
        return "fd00:88::2";
    }

    @Override
    Port openPort() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "skipped: /dev/net/tun is not writable");
        assumeTrue(Files.exists(Path.of("/proc/net/if_inet6")), "skipped: this kernel has no IPv6");
        return TapPort.open(SETTINGS);
    }

    @Override
    void checkEcho(final StackCounters counters, final long bytes) {
        assertRetransmissionsAreRare(counters);
        assertTrue(counters.get(StackCounter.SEGMENTS_OUT) < bytes / 1428, "large segments were used");
        assertTrue(counters.get(StackCounter.SEGMENTS_IN) < bytes / 1428, "large segments were received");
        assertEquals(0, counters.get(StackCounter.ARP_IN));
        assertTrue(counters.get(StackCounter.ND_IN) > 0);
    }

    @Test
    void shouldMakeSegmentsThatFitIntoAnEthernetFrame() throws Exception {
        withStack(NO_LOSS, stack -> {
            kernelSendsThroughEcho(stack, 1_000_000);
            assertEquals(
                    1428, stack.sockets.getFirst().connection().tcp().info().mss());
        });
    }
}
