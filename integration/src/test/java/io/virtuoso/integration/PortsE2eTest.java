package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests and the kernel over the kinds of ports beside the TAP, on one end of a veth pair: nginx, curl, wrk, iperf3. */
@Tag("slow")
class PortsE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String[] SIZES = {"0", "1", "612", "65537", "1000000", "100000000"};

    @ParameterizedTest
    @ValueSource(strings = {"packet", "xdp"})
    void shouldServeAndFetchFilesByteExact(final String kind) {
        try (HostStack host = HostStack.startOnVeth(kind)) {
            final Guest web = host.guest("web");
            final Guest client = host.guest("client");
            try (Nginx guests = Nginx.start(host, web, false, SIZES);
                    Nginx kernels = Nginx.startInKernel(host, SIZES)) {
                for (final String size : SIZES) {
                    host.checkInKernel(LIMIT, "bash", "-c", fetch(web.address(), size, guests.file(size)));
                    client.check(LIMIT, "bash", "-c", fetch(Machine.KERNEL_ADDRESS, size, kernels.file(size)));
                }
                Wrk.shouldBeServed(
                        List.of(host::startInKernel), "-t", "1", "-c", "64", "http://" + web.address() + "/612");
            }
        }
    }

    /** A guest's address is asked for during its first second. */
    @ParameterizedTest
    @ValueSource(strings = {"packet", "xdp"})
    void shouldServeAndFetchOverIpv6(final String kind) {
        try (HostStack host = HostStack.startOnVethWithIpv6(kind)) {
            final Guest web = host.guest("web");
            final Guest client = host.guest("client");
            final String[] sizes = {"0", "612", "65537", "20000000"};
            try (Nginx guests = Nginx.startDual(host, web, sizes);
                    Nginx kernels = Nginx.startDualInKernel(host, sizes)) {
                for (final String size : sizes) {
                    final String there = "[" + HostStack.ipv6(web.address()) + "]";
                    host.checkInKernel(LIMIT, "bash", "-c", fetch(there, size, guests.file(size)));
                    final String back = "[" + HostStack.ipv6(Machine.KERNEL_ADDRESS) + "]";
                    client.check(LIMIT, "bash", "-c", fetch(back, size, kernels.file(size)));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"packet", "xdp"})
    void shouldRunIperfBothWays(final String kind) {
        try (HostStack host = HostStack.startOnVeth(kind)) {
            final Guest server = host.guest("server");
            try (Child process = server.start("iperf3", "-s", "--forceflush")) {
                final List<String> ways = List.of("-P2", "-R");
                for (int i = 0; i < ways.size(); i++) {
                    process.awaitLine("Server listening", i + 1, LIMIT); // iperf3 opens a new listener for each client
                    final String said = host.checkInKernel(
                            LIMIT, "iperf3", "-n", IperfE2eTest.BYTES, "-c", server.address(), ways.get(i));
                    IperfE2eTest.judge(kind + " " + ways.get(i), said);
                }
            }
        }
    }

    @Test
    void shouldLeaveNoProgramInTheDriverWhenKilled() {
        try (HostStack host = HostStack.startOnVeth("xdp")) {
            assertTrue(link(host).contains("xdp"), link(host));
            host.kill();
            awaitNoProgram(host);
            host.up();
            assertTrue(link(host).contains("xdp"), link(host));
            host.down();
            awaitNoProgram(host);
        }
    }

    private static void awaitNoProgram(final HostStack host) {
        host.checkInKernel(
                LIMIT, "bash", "-c", "while ip link show " + HostStack.VETH + " | grep -q xdp; do sleep 0.02; done");
    }

    private static String link(final HostStack host) {
        return host.checkInKernel(LIMIT, "ip", "link", "show", HostStack.VETH);
    }

    private static String fetch(final String address, final String size, final String file) {
        return "set -o pipefail; curl -g -sS --fail --max-time 100 http://" + address + "/" + size + " | cmp - " + file;
    }
}
