package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Fast-path cores that come and go by load, and the processors that they are bound to. */
@Tag("slow")
class CoresE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int LOOKS = 6_000;
    private static final String FAST_PATH = "fast-path";
    /** Seconds of load, which ends when the cores have come. */
    private static final String LONG = "300";

    private static final String NETWORKS = """
                      - {name: blue, vni: 2, subnet: 10.89.0.0/16}
                    guests:
                      - {name: server-test, network: test, address: 10.88.0.20}
                      - {name: client-test, network: test, address: 10.88.0.21}
                      - {name: server-blue, network: blue, address: 10.89.0.20}
                      - {name: client-blue, network: blue, address: 10.89.0.21}
                    """;

    private final List<Integer> processors = Proc.processors();
    private final List<Child> children = new ArrayList<>();
    private HostStack host;

    @BeforeEach
    void shouldHaveTwoProcessors() {
        assumeTrue(processors.size() > 1, "one processor");
    }

    @AfterEach
    void shouldStop() {
        children.forEach(Child::close);
        host.close();
    }

    private long counter(final String name) {
        return host.ask("stats")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
                .findFirst()
                .orElseThrow();
    }

    private boolean comesTo(final long coresInUse) throws InterruptedException {
        for (int i = 0; i < LOOKS; i++) {
            if (counter("cores.used") == coresInUse) {
                return true;
            }
            Thread.sleep(10);
        }
        return false;
    }

    private void awaitWorkOfTheSecond() throws InterruptedException {
        for (int i = 0; i < LOOKS && counter("core.1.busy") == 0; i++) {
            Thread.sleep(10);
        }
        assertTrue(counter("core.1.busy") > 0, () -> host.ask("stats"));
    }

    private Child started(final Child child) {
        children.add(child);
        return child;
    }

    @Test
    void shouldComeAndGoByLoad() throws InterruptedException {
        host = HostStack.start(
                NETWORKS + "cores: {max: 2, cpus: [" + processors.get(0) + ", " + processors.get(1) + "]}\n");
        final long pid = host.jvm().pid();
        assertEquals(List.of("" + processors.get(0)), Proc.processors(pid, FAST_PATH));
        assertEquals(List.of("" + processors.get(1)), Proc.processors(pid, FAST_PATH + "-1"));
        assertTrue(comesTo(1), () -> host.ask("stats"));
        final List<Child> clients = new ArrayList<>();
        for (final String network : List.of("test", "blue")) {
            started(host.guest("server-" + network).start("iperf3", "-s", "-1", "--forceflush"))
                    .awaitLine("Server listening", LIMIT);
        }
        for (final String network : List.of("test", "blue")) {
            final String address = host.guest("server-" + network).address();
            clients.add(started(host.guest("client-" + network).start("iperf3", "-c", address, "-t", LONG, "-P", "4")));
        }
        assertTrue(comesTo(2), () -> host.ask("stats"));
        awaitWorkOfTheSecond();
        clients.forEach(Child::kill);
        System.out.println("of two cores " + counter("core.0.busy") / 1_000_000 + " and "
                + counter("core.1.busy") / 1_000_000 + " ms busy");
        assertTrue(comesTo(1), () -> host.ask("stats"));
    }

    @Test
    void shouldKeepItsOtherThreadsOff() {
        host = HostStack.start("cores: {max: 1, cpus: [" + processors.get(1) + "], exclusive: true}\n");
        final long pid = host.jvm().pid();
        assertEquals(List.of("" + processors.get(1)), Proc.processors(pid, FAST_PATH));
        for (final String other : Proc.processors(pid, "virtuoso-contro")) {
            assertTrue(!List.of(other.split("[-,]", -1)).contains("" + processors.get(1)), other);
        }
        assertEquals(1, Proc.processors(pid, "virtuoso-contro").size());
    }
}
