package io.virtuoso.host.port;

import java.io.IOException;

/** The kernel's VXLAN device over an interface, in the calling thread's network namespace. */
public final class VxlanDevice {
    private static final String NAME = "vtvxlan";

    private VxlanDevice() {}

    /**
     * Makes one that knows its peer; inside, the kernel has 10.88.0.1/16 and fd00:88::1/64.
     *
     * @param device the underlay, which has the kernel's address
     */
    public static void create(final String device, final int vni, final String local, final String remote)
            throws IOException, InterruptedException {
        VethPair.require(
                "ip link add " + NAME + " type vxlan id " + vni + " dstport 4789 local " + local + " dev " + device);
        VethPair.require("bridge fdb append 00:00:00:00:00:00 dev " + NAME + " dst " + remote);
        VethPair.require("ip address add 10.88.0.1/16 dev " + NAME);
        VethPair.require("ip address add fd00:88::1/64 dev " + NAME + " nodad");
        VethPair.require("ip link set " + NAME + " up");
    }
}
