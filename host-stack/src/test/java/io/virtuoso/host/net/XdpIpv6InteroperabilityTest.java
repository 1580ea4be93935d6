package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.ffm.Ipv6Prefix;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.VethPair;
import io.virtuoso.host.port.XdpPort;
import java.nio.file.Files;
import java.nio.file.Path;

/** The same over IPv6, by AF_XDP. */
class XdpIpv6InteroperabilityTest extends KernelInteroperability {
    private static final XdpPort.Network NETWORK =
            new XdpPort.Network(Link.KERNEL & -1 << 16, 16, 1500, new Ipv6Prefix(Link.PREFIX6, 0, 64));

    @Override
    String kernelAddress() {
        return "fd00:88::1";
    }

    @Override
    String guestAddress() {
        return "fd00:88::2";
    }

    @Override
    Port openPort() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/net/if_inet6")), "skipped: this kernel has no IPv6");
        VethPair.create();
        VethPair.require("ip address add fd00:88::1/64 dev " + VethPair.KERNEL_END + " nodad");
        return XdpPort.open(VethPair.STACK_END, NETWORK);
    }

    @Override
    void checkEcho(final StackCounters counters, final long bytes) {
        assertTrue(counters.get(StackCounter.SEGMENTS_OUT) >= bytes / 1428, "segments are cut here");
        assertEquals(0, counters.get(StackCounter.ARP_IN));
        assertEquals(0, counters.get(StackCounter.DUPLICATE_ADDRESSES));
        assertTrue(counters.get(StackCounter.ND_IN) > 0);
    }
}
