package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** nginx and curl as guests of networks over tunnels: to the kernel's VXLAN device, and between host stacks. */
@Tag("slow")
class TunnelE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String[] SIZES = {"0", "1", "612", "65537", "20000000"};

    private static final String CONFIGURATION = """
            underlays:
              - {name: u0, port: {kind: packet, interface: DEVICE}, address: "PREFIXNUMBER/LENGTH"}
            networks:
              - name: red
                vni: 100
                subnet: 10.88.0.0/16
                tunnel: {kind: KIND, underlay: u0, peers: ["PREFIXPEER"], learn: true}
              - name: blue
                vni: 101
                subnet: 10.88.0.0/16
                tunnel: {kind: KIND, underlay: u0, peers: ["PREFIXPEER"]}
            guests:
              - {name: red-GUEST, network: red, address: 10.88.0.NUMBER0}
              - {name: blue-GUEST, network: blue, address: 10.88.0.NUMBER0}
            """;

    @ParameterizedTest
    @ValueSource(strings = {"tap", "packet", "xdp"})
    void shouldServeAndFetchFilesThroughTheKernelsVxlan(final String portKind) {
        serveAndFetch(portKind, "192.0.2.1", "192.0.2.2", 24);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap", "packet", "xdp"})
    void shouldServeAndFetchFilesThroughTheKernelsVxlanOverIpv6(final String portKind) {
        serveAndFetch(portKind, "2001:db8::1", "2001:db8::2", 64);
    }

    private static void serveAndFetch(
            final String portKind, final String kernels, final String ours, final int prefixLength) {
        try (HostStack host = HostStack.startOnVxlan(portKind, kernels, ours, prefixLength)) {
            final Guest web = host.guest("web");
            final Guest client = host.guest("client");
            try (Nginx guests = Nginx.start(host, web, false, SIZES);
                    Nginx inKernel = Nginx.startInKernel(host, SIZES)) {
                for (final String size : SIZES) {
                    host.checkInKernel(LIMIT, "bash", "-c", fetch(web.address(), size, guests.file(size)));
                    client.check(LIMIT, "bash", "-c", fetch(Machine.KERNEL_ADDRESS, size, inKernel.file(size)));
                }
            }
            assertTrue(host.ask("stats").contains("underlay.frames_in"), host.ask("stats"));
        }
    }

    /** Two networks of the same addresses; each has a server on the one machine and a client on the other. */
    @ParameterizedTest
    @CsvSource({"vxlan, 192.0.2., 24", "gre, 192.0.2., 24", "vxlan, 2001:db8::, 64", "gre, 2001:db8::, 64"})
    void shouldJoinTheNetworksOfTwoHostStacks(final String kind, final String prefix, final int length) {
        final String text = CONFIGURATION
                .replace("KIND", kind)
                .replace("PREFIX", prefix)
                .replace("LENGTH", Integer.toString(length));
        try (HostStack near = HostStack.startOnVeth("vfar0", configuration(text, HostStack.VETH, 1, "web"));
                HostStack far = HostStack.startBeside(near, configuration(text, "vfar0", 2, "client"))) {
            final Guest redWeb = near.guest("red-web");
            final Guest blueWeb = near.guest("blue-web");
            final Guest redClient = far.guest("red-client");
            final Guest blueClient = far.guest("blue-client");
            assertEquals(redWeb.address(), blueWeb.address());
            assertEquals(redClient.address(), blueClient.address());
            try (Nginx red = Nginx.startFor(redClient, near, redWeb, "1000", "20000000");
                    Nginx blue = Nginx.startFor(blueClient, near, blueWeb, "2000", "10000000")) {
                for (final String size : new String[] {"1000", "20000000"}) {
                    final String get = fetch(redWeb.address(), size, red.file(size));
                    redClient.check(LIMIT, "bash", "-c", get);
                    assertNotEquals(0, blueClient.run(LIMIT, "bash", "-c", get).status());
                }
                for (final String size : new String[] {"2000", "10000000"}) {
                    final String get = fetch(blueWeb.address(), size, blue.file(size));
                    blueClient.check(LIMIT, "bash", "-c", get);
                    assertNotEquals(0, redClient.run(LIMIT, "bash", "-c", get).status());
                }
            }
        }
    }

    /** @param number of the machine: the last part of its outer address, and the tens of its guests' inner ones */
    private static String configuration(final String text, final String device, final int number, final String guest) {
        return text.replace("DEVICE", device)
                .replace("NUMBER", Integer.toString(number))
                .replace("PEER", Integer.toString(3 - number))
                .replace("GUEST", guest);
    }

    private static String fetch(final String address, final String size, final String file) {
        return "set -o pipefail; curl -sS --fail --max-time 100 http://" + address + "/" + size + " | cmp - " + file;
    }
}
