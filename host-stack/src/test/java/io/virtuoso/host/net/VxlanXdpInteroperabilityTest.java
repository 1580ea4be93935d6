package io.virtuoso.host.net;

import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.VethPair;
import io.virtuoso.host.port.VxlanDevice;
import io.virtuoso.host.port.XdpPort;

/** Over AF_XDP on one end of a veth pair, on whose other end is the kernel's VXLAN device. */
class VxlanXdpInteroperabilityTest extends TunnelInteroperability {
    @Override
    Port openUnderlay() throws Exception {
        VethPair.create();
        VethPair.require("ip address flush dev " + VethPair.KERNEL_END);
        VethPair.require("ip address add 192.0.2.1/24 dev " + VethPair.KERNEL_END);
        VxlanDevice.create(VethPair.KERNEL_END, VNI, "192.0.2.1", "192.0.2.2");
        return XdpPort.open(VethPair.STACK_END, new XdpPort.Network(OUR_OUTER, 32, 1500, null));
    }
}
