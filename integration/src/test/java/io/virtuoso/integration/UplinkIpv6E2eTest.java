package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests of two networks with the same IPv6 addresses, and the kernel beyond the uplink that they share. */
@Tag("slow")
class UplinkIpv6E2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String[] SIZES = {"0", "612", "65537", "20000000"};
    private static final String KERNEL = "[" + HostStack.BEYOND_UPLINK6 + "]";
    private static final String FAR = "[" + HostStack.FAR_AWAY6 + "]";
    private static final String UPLINK = "[" + HostStack.UPLINK_ADDRESS6 + "]";
    private static final String CONFIG = """
            networks:
              - name: test
                vni: 1
                subnet: 10.88.0.0/16
                subnet6: fd00:88::/64
                outside: none
                routes: [{to: 0.0.0.0/0, via: uplink}, {to: '::/0', via: uplink}]
              - name: other
                vni: 2
                subnet: 10.88.0.0/16
                subnet6: fd00:88::/64
                routes: [{to: '2001:db8::/64', via: uplink}]
            guests:
              - {name: web, network: test, address: 10.88.0.10, publish: [8080:80]}
              - {name: twin, network: other, address: 10.88.0.10, publish: [8081:80]}
            """;

    @ParameterizedTest
    @ValueSource(strings = {"packet", "xdp", "tap"})
    void shouldServeAndFetchFilesByteExact(final String kind) {
        try (HostStack machine = HostStack.startBehindUplinkWithIpv6(kind, CONFIG)) {
            final Guest web = machine.guest("web");
            final Guest twin = machine.guest("twin");
            try (Nginx kernels = Nginx.startDualInKernel(machine, SIZES);
                    Nginx webs = Nginx.startPublishedDual(machine, web, HostStack.UPLINK_ADDRESS, 8080, SIZES);
                    Nginx twins = Nginx.startPublishedDual(machine, twin, HostStack.UPLINK_ADDRESS, 8081, SIZES)) {
                for (final String size : SIZES) {
                    fetch(web.commandLine(script(KERNEL, size, kernels)));
                    fetch(web.commandLine(script(FAR, size, kernels)));
                    fetch(twin.commandLine(script(KERNEL, size, kernels)));
                    fetch(machine.inKernel(script(UPLINK + ":8080", size, webs)));
                    fetch(machine.inKernel(script(UPLINK + ":8081", size, twins)));
                    fetch(twin.commandLine(script(UPLINK + ":8080", size, webs)));
                }
                final Shell.Result beyond = twin.run(LIMIT, "bash", "-c", "exec 3<>/dev/tcp/2001:db8:f::1/80");
                assertNotEquals(0, beyond.status(), "no route leads there, and the kernel has none");
            }
        }
    }

    private static List<String> script(final String address, final String size, final Nginx nginx) {
        return List.of(
                "bash",
                "-c",
                "set -o pipefail; curl -gsS --fail --max-time 100 http://" + address + "/" + size + " | cmp - "
                        + nginx.file(size));
    }

    private static void fetch(final List<String> command) {
        Shell.check(LIMIT, command);
    }

    @Test
    void shouldShowTheUplinksAddressOutside() {
        try (HostStack machine = HostStack.startBehindUplinkWithIpv6("packet", CONFIG);
                Nginx kernels = Nginx.startDualInKernel(machine, SIZES);
                Child connection = machine.guest("web")
                        .start(
                                "bash",
                                "-c",
                                "exec 3<>/dev/tcp/" + HostStack.BEYOND_UPLINK6 + "/80; echo connected; sleep 600")) {
            connection.awaitLine("connected", LIMIT);
            assertTrue(kernels.file("612").length() > 0);
            final String outside = "ss -Htn state established '( sport = :80 )' | grep -F '" + UPLINK + "'";
            machine.checkInKernel(LIMIT, "bash", "-c", "until " + outside + "; do sleep 0.05; done");
            final String inside = machine.ask("ss");
            assertTrue(inside.contains("[fd00:88::a]:"), inside);
            assertEquals(-1, inside.indexOf(UPLINK), inside);
        }
    }

    @Test
    void shouldLetAJvmOut() {
        final Jdk jdk = Jdk.newest();
        try (HostStack machine = HostStack.startBehindUplinkWithIpv6("packet", CONFIG);
                Child kernel = new JavaProgram(jdk, "HttpServers").startInKernel(machine, "9000")) {
            kernel.awaitLine("serving", LIMIT);
            new JavaProgram(jdk, "HttpChecks")
                    .check(machine.guest("web"), LIMIT, "HTTP_1_1", "HTTP_1_1", "echo", "http://" + FAR + ":9000");
        }
    }
}
