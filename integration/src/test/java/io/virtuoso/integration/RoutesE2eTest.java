package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A network behind the kernel of the machine, which forwards between it and the guests' own. */
@Tag("slow")
class RoutesE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String BEHIND = "10.9.0.2";

    private static HostStack host;
    private static Netns behind;
    private static Guest client;
    private static Child kernelPeer;

    @BeforeAll
    static void shouldStart() {
        host = HostStack.startWithRoutes("routes: [{to: 10.9.0.0/24, via: 10.88.0.1}], outside: none");
        behind = Netns.create();
        final Netns router = host.kernelSide();
        Netns.connect(router, "vroute0", behind, "vbehind0");
        router.ip("address", "add", "10.9.0.1/24", "dev", "vroute0");
        behind.ip("address", "add", BEHIND + "/24", "dev", "vbehind0");
        behind.ip("route", "add", "10.88.0.0/16", "via", "10.9.0.1");
        host.checkInKernel(LIMIT, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
        client = host.guest("client");
        kernelPeer = Child.start("behind-peer", behind.inside(Repository.program("conformance"), "--peer"));
        kernelPeer.awaitLine("peer ready", SOON);
    }

    @AfterAll
    static void shouldStop() {
        kernelPeer.close();
        behind.close();
        host.close();
    }

    /** TCP and UDP both ways, for what is behind the router sees the guests' own addresses. */
    @TestFactory
    Stream<DynamicTest> shouldPassFromGuestToBehindTheRouter() {
        return Conformance.tests(
                "cross.", List.of("CONF_ADDR=" + client.address(), "CONF_PEER=" + BEHIND), client::commandLine);
    }

    @Test
    void shouldServeRedisToBehindTheRouterAndUseOneThere() {
        final Guest store = host.guest("store");
        try (Child guests = store.start(redis("6379"));
                Child outside = Child.start("behind-redis", behind.inside(redis("6380")))) {
            host.awaitPort(store, 6379);
            host.awaitPort(BEHIND, 6380);
            assertEquals("OK", cli(behind.inside(List.of()), store.address(), "6379", "set", "a", "1"));
            assertEquals("1", cli(client.commandLine(List.of()), store.address(), "6379", "get", "a"));
            assertEquals("OK", cli(client.commandLine(List.of()), BEHIND, "6380", "set", "b", "2"));
            assertEquals("2", cli(behind.inside(List.of()), BEHIND, "6380", "get", "b"));
            final String said = client.check(
                    LIMIT,
                    "redis-benchmark",
                    "-h",
                    BEHIND,
                    "-p",
                    "6380",
                    "-q",
                    "-n",
                    "5000",
                    "-c",
                    "20",
                    "-t",
                    "set,get");
            assertTrue(said.contains("GET"), said);
            assertTrue(guests.isAlive() && outside.isAlive());
        }
    }

    private static String[] redis(final String port) {
        final String folder = host.folder("redis" + port).toString();
        return new String[] {
            "redis-server", "--port", port, "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir", folder
        };
    }

    private static String cli(
            final List<String> place, final String address, final String port, final String... words) {
        final List<String> command = new ArrayList<>(place);
        command.addAll(List.of("redis-cli", "-h", address, "-p", port));
        command.addAll(List.of(words));
        return Shell.check(LIMIT, command).strip();
    }

    @Test
    void shouldBeClosedBeyondItsRoutes() {
        for (final String kind : List.of("tcp", "udp")) {
            final Shell.Result refused =
                    client.run(LIMIT, "bash", "-c", "echo lost > /dev/" + kind + "/198.51.100.1/7000");
            assertNotEquals(0, refused.status(), kind);
            assertTrue(refused.output().contains("Network is unreachable"), refused.output());
        }
    }
}
