package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Cases of the C program {@code conformance} in a virtual machine without a network card, against a guest of this one:
 * those that send much, sleep and wake up much, are interrupted, pass sockets on, or ask for interfaces; all by
 * {@code -Dvirtuoso.test.machine.conformance=all}.
 */
@Tag("slow")
class VmConformanceE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final List<String> PARTS = "all".equals(System.getProperty("virtuoso.test.machine.conformance"))
            ? List.of("")
            : List.of(
                    "data.",
                    "dup.",
                    "epoll.",
                    "fork.",
                    "interfaces.",
                    "load.",
                    "signals.handler",
                    "signals.recv_restarts",
                    "signals.thread",
                    "streams.",
                    "udp.",
                    "waiting.");
    /** Runs {@code tr}, which is busybox there, and static. */
    private static final String NOT_PRELOADED = "programs.socket_as_standard_input_and_output";

    /** The host stack hears of the end of a machine's process by a packet, a moment later. */
    private static final String FREE_AT_ONCE = "ports.";

    /** What pthread_cancel loads. */
    private static final String CANCELLATION = "/lib/x86_64-linux-gnu/libgcc_s.so.1";

    private static HostStack host;
    private static Child peer;
    private static GuestMachine machine;
    private static Set<String> passed;

    @BeforeAll
    static void shouldRunAllCases() {
        host = HostStack.startWithIpv6();
        final Guest other = host.guest("other");
        final String program = Repository.program("conformance");
        peer = other.start(program, "--peer");
        peer.awaitLine("peer ready", LIMIT);
        final String address = host.guest("machine").address();
        final String script = "export CONF_ADDR=" + address + " CONF_ADDR6=" + HostStack.ipv6(address) + " CONF_PEER="
                + other.address() + " CONF_PEER6=" + HostStack.ipv6(other.address()) + " CONF_SILENT=10.88.200.200"
                + "; for part in '" + String.join("' '", PARTS)
                + "'; do " + program + " --all \"$part\"; done; echo all cases are over";
        machine = GuestMachine.start(
                host, "machine", List.of("--add", program, "--add", CANCELLATION, "--shared", "4G"), script);
        machine.awaitSaid("all cases are over", LIMIT);
        passed = Set.of(Stream.of(machine.said())
                .filter(line -> line.startsWith("ok "))
                .map(line -> line.substring("ok ".length()))
                .distinct()
                .toArray(String[]::new));
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
        peer.close();
        assertTrue(host.isAlive(), host::log);
        host.close();
    }

    @TestFactory
    Stream<DynamicTest> shouldPassInAMachine() {
        return Shell.check(LIMIT, Repository.program("conformance"), "--list")
                .lines()
                .filter(name -> PARTS.stream().anyMatch(name::startsWith))
                .filter(name -> !name.equals(NOT_PRELOADED) && !name.startsWith(FREE_AT_ONCE))
                .map(name -> DynamicTest.dynamicTest(
                        name, () -> assertTrue(passed.contains(name), () -> String.join("\n", machine.said()))));
    }
}
