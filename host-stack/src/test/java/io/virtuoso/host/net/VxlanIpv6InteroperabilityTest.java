package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.TapPort;
import io.virtuoso.host.port.TapSettings;
import io.virtuoso.host.port.VxlanDevice;
import java.nio.file.Files;
import java.nio.file.Path;

/** IPv6 in VXLAN over IPv6, on a TAP. */
class VxlanIpv6InteroperabilityTest extends TunnelInteroperability {
    private static final TapSettings SETTINGS =
            new TapSettings("vtest6", 0xc633_6401, 24, 1500, new TapSettings.Ipv6(HIGH6, 1, 64));

    @Override
    boolean outer6() {
        return true;
    }

    @Override
    String kernelAddress() {
        return "fd00:88::1";
    }

    @Override
    String guestAddress() {
        return "fd00:88::2";
    }

    @Override
    Port openUnderlay() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "skipped: /dev/net/tun is not writable");
        assumeTrue(Files.exists(Path.of("/proc/net/if_inet6")), "skipped: this kernel has no IPv6");
        final Port port = TapPort.open(SETTINGS);
        VxlanDevice.create("vtest6", VNI, "2001:db8::1", "2001:db8::2");
        return port;
    }
}
