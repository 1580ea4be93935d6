package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.port.PacketPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.VethPair;
import io.virtuoso.host.port.VxlanDevice;
import java.nio.file.Files;
import java.nio.file.Path;

/** IPv4 in VXLAN over IPv6, by a packet socket on one end of a veth pair, on whose other end is the kernel's VXLAN device. */
class VxlanIpv6PacketInteroperabilityTest extends TunnelInteroperability {
    @Override
    boolean outer6() {
        return true;
    }

    @Override
    Port openUnderlay() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/net/if_inet6")), "skipped: this kernel has no IPv6");
        VethPair.create();
        VethPair.require("ip address flush dev " + VethPair.KERNEL_END);
        VethPair.require("ip address add 2001:db8::1/64 dev " + VethPair.KERNEL_END + " nodad");
        VxlanDevice.create(VethPair.KERNEL_END, VNI, "2001:db8::1", "2001:db8::2");
        return PacketPort.open(VethPair.STACK_END, 1500, true);
    }
}
