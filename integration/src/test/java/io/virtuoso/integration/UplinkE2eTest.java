package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests of two networks with the same addresses, and the kernel beyond the uplink that they share. */
@Tag("slow")
class UplinkE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String[] SIZES = {"0", "612", "65537", "20000000"};
    private static final String CONFIG = """
            networks:
              - name: test
                vni: 1
                subnet: 10.88.0.0/16
                outside: none
                routes: [{to: 0.0.0.0/0, via: uplink}]
              - {name: other, vni: 2, subnet: 10.88.0.0/16, routes: [{to: 192.0.2.0/24, via: uplink}]}
            guests:
              - {name: web, network: test, address: 10.88.0.10, publish: [8080:80]}
              - {name: twin, network: other, address: 10.88.0.10, publish: [8081:80]}
              - {name: peer, network: other, address: 10.88.0.11, publish: [7000:7000, 7001:7001/udp]}
            """;

    private static final String ECHO = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((sys.argv[1], 7002))
            print('serving')
            while True:
                s.sendto(*s.recvfrom(100))
            """;
    /** Asks by a socket of its own each time. */
    private static final String ASK = """
            import socket, sys
            for line in sys.stdin:
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(30)
                try:
                    s.sendto(line.strip().encode(), (sys.argv[1], 7002))
                    print('got', s.recv(100).decode())
                except OSError:
                    print('no', line.strip())
            """;

    private static HostStack host;
    private static Guest client;
    private static Guest peer;
    private static Child guestPeer;
    private static Child kernelPeer;

    @BeforeAll
    static void shouldStart() {
        host = HostStack.startBehindUplink("packet", CONFIG);
        client = host.guest("client");
        peer = host.guest("peer");
        guestPeer = peer.start(Repository.program("conformance"), "--peer");
        kernelPeer = host.startInKernel(Repository.program("conformance"), "--peer");
        guestPeer.awaitLine("peer ready", SOON);
        kernelPeer.awaitLine("peer ready", SOON);
    }

    @AfterAll
    static void shouldStop() {
        guestPeer.close();
        kernelPeer.close();
        host.close();
    }

    /** TCP and UDP; the peer beyond the uplink cannot connect back to what is not published. */
    @TestFactory
    Stream<DynamicTest> shouldPassFromGuestToKernel() {
        return toKernel(HostStack.BEYOND_UPLINK);
    }

    /** By the gateway. UDP sockets of the kernel's answer from the address that is nearest, so not from this one. */
    @TestFactory
    Stream<DynamicTest> shouldPassFromGuestToBeyondTheGateway() {
        return toKernel(HostStack.FAR_AWAY)
                .filter(test -> !test.getDisplayName().startsWith("cross.udp_echo"));
    }

    private static Stream<DynamicTest> toKernel(final String address) {
        return Conformance.tests(
                        "cross.", List.of("CONF_ADDR=" + client.address(), "CONF_PEER=" + address), client::commandLine)
                .filter(test -> !test.getDisplayName().equals("cross.peer_connects_to_us"));
    }

    /** By published ports. */
    @TestFactory
    Stream<DynamicTest> shouldPassFromKernelToGuest() {
        return Conformance.tests(
                "cross.",
                List.of("CONF_ADDR=" + HostStack.BEYOND_UPLINK, "CONF_PEER=" + HostStack.UPLINK_ADDRESS),
                host::inKernel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"packet", "xdp", "tap"})
    void shouldServeAndFetchFilesByteExact(final String kind) {
        try (HostStack machine = HostStack.startBehindUplink(kind, CONFIG)) {
            final Guest web = machine.guest("web");
            final Guest twin = machine.guest("twin");
            assertEquals(web.address(), twin.address());
            try (Nginx kernels = Nginx.startInKernel(machine, SIZES);
                    Nginx webs = Nginx.startPublished(machine, web, HostStack.UPLINK_ADDRESS, 8080, SIZES);
                    Nginx twins = Nginx.startPublished(machine, twin, HostStack.UPLINK_ADDRESS, 8081, SIZES)) {
                for (final String size : SIZES) {
                    fetch(web.commandLine(script(HostStack.BEYOND_UPLINK, size, kernels)));
                    fetch(web.commandLine(script(HostStack.FAR_AWAY, size, kernels)));
                    fetch(twin.commandLine(script(HostStack.BEYOND_UPLINK, size, kernels)));
                    fetch(machine.inKernel(script(HostStack.UPLINK_ADDRESS + ":8080", size, webs)));
                    fetch(machine.inKernel(script(HostStack.UPLINK_ADDRESS + ":8081", size, twins)));
                    fetch(web.commandLine(script(HostStack.UPLINK_ADDRESS + ":8081", size, twins)));
                    fetch(twin.commandLine(script(HostStack.UPLINK_ADDRESS + ":8080", size, webs)));
                    fetch(web.commandLine(script(HostStack.UPLINK_ADDRESS + ":8080", size, webs)));
                }
            }
        }
    }

    /** A program that runs all the time learns of another route. */
    @Test
    void shouldChangeRoutesAndPublishedPortsWhileItRuns() {
        try (HostStack machine = HostStack.startBehindUplink("packet", CONFIG);
                Nginx kernels = Nginx.startInKernel(machine, SIZES);
                Nginx webs =
                        Nginx.startPublished(machine, machine.guest("web"), HostStack.UPLINK_ADDRESS, 8080, SIZES);
                Child server = machine.startInKernel("python3", "-u", "-c", ECHO, HostStack.FAR_AWAY);
                Child program = machine.guest("twin").start("python3", "-u", "-c", ASK, HostStack.FAR_AWAY)) {
            server.awaitLine("serving", SOON);
            program.say("first");
            program.awaitLine("no first", SOON);
            machine.rewrite("{to: 192.0.2.0/24, via: uplink}", "{to: 0.0.0.0/0, via: uplink}");
            machine.rewrite("publish: [8080:80]", "publish: [8090:80]");
            assertEquals(
                    "guest web changed: publish\nnetwork other changed: routes\n",
                    machine.apply().output());
            program.say("second");
            program.awaitLine("got second", SOON);
            fetch(machine.inKernel(script(HostStack.UPLINK_ADDRESS + ":8090", "65537", webs)));
            assertNotEquals(
                    0,
                    Shell.run(LIMIT, machine.inKernel(script(HostStack.UPLINK_ADDRESS + ":8080", "612", webs)))
                            .status());
            fetch(machine.guest("twin").commandLine(script(HostStack.FAR_AWAY, "612", kernels)));
        }
    }

    private static List<String> script(final String address, final String size, final Nginx nginx) {
        return List.of(
                "bash",
                "-c",
                "set -o pipefail; curl -sS --fail --max-time 100 http://" + address + "/" + size + " | cmp - "
                        + nginx.file(size));
    }

    private static void fetch(final List<String> command) {
        Shell.check(LIMIT, command);
    }

    @Test
    void shouldShowTheUplinksAddressOutsideAndTheGuestsOwnInside() {
        final String listen = "ss -Htn state established '( sport = :7000 )'";
        final String awaited = "until " + listen + " | grep -F " + HostStack.UPLINK_ADDRESS + "; do sleep 0.05; done";
        try (Child connection = client.start(
                "bash", "-c", "exec 3<>/dev/tcp/" + HostStack.BEYOND_UPLINK + "/7000; echo connected; sleep 600")) {
            connection.awaitLine("connected", SOON);
            host.checkInKernel(LIMIT, "bash", "-c", awaited);
            final String inside = host.ask("ss");
            assertTrue(inside.contains(client.address() + ":"), inside);
            assertFalse(inside.contains(HostStack.UPLINK_ADDRESS), inside);
        }
    }

    @Test
    void shouldHaveNoWayOutWithoutARoute() {
        final String toTcp = "exec 3<>/dev/tcp/" + HostStack.FAR_AWAY + "/7000";
        final Shell.Result refused = peer.run(LIMIT, "bash", "-c", toTcp);
        assertNotEquals(0, refused.status());
        assertTrue(refused.output().contains("Network is unreachable"), refused.output());
        client.check(LIMIT, "bash", "-c", toTcp);
    }

    @Test
    void shouldKeepLoopbackAndPortsToEachGuest() {
        final String loopback = "exec 3<>/dev/tcp/127.0.0.1/7000";
        peer.check(LIMIT, "bash", "-c", loopback);
        assertNotEquals(0, client.run(LIMIT, "bash", "-c", loopback).status());
        try (Child own = client.start(Repository.program("conformance"), "--peer")) {
            own.awaitLine("peer ready", SOON); // on the same ports as the other guest's
            client.check(LIMIT, "bash", "-c", loopback);
        }
        client.check(LIMIT, "bash", "-c", "while (" + loopback + ") 2>/dev/null; do sleep 0.05; done");
    }

    @Test
    void shouldLetAJvmOut() {
        final Jdk jdk = Jdk.newest();
        final JavaProgram servers = new JavaProgram(jdk, "HttpServers");
        try (Child kernel = servers.startInKernel(host, "9000")) {
            kernel.awaitLine("serving", LIMIT);
            new JavaProgram(jdk, "HttpChecks")
                    .check(client, LIMIT, "HTTP_1_1", "HTTP_1_1", "echo", "http://" + HostStack.FAR_AWAY + ":9000");
        }
    }
}
