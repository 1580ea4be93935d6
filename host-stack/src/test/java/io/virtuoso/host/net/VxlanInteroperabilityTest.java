package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.PacketPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.VethPair;
import io.virtuoso.host.port.VxlanDevice;

/** Over a packet socket on one end of a veth pair, on whose other end is the kernel's VXLAN device. */
class VxlanInteroperabilityTest extends TunnelInteroperability {
    @Override
    Port openUnderlay() throws Exception {
        VethPair.create();
        VethPair.require("ip address flush dev " + VethPair.KERNEL_END);
        VethPair.require("ip address add 192.0.2.1/24 dev " + VethPair.KERNEL_END);
        VxlanDevice.create(VethPair.KERNEL_END, VNI, "192.0.2.1", "192.0.2.2");
        return PacketPort.open(VethPair.STACK_END, 1500, false);
    }

    @Override
    void checkEcho(final StackCounters counters, final long bytes) {
        super.checkEcho(counters, bytes);
        assertTrue(counters.get(StackCounter.SEGMENTS_IN) < bytes / 1448, "large segments were received");
    }
}
