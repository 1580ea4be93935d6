package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two networks whose tunnels share an underlay, on cores of their own, as is the underlay: all three move. */
@Tag("slow")
class UnderlayIslandE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PORT = "11211";
    private static final List<String> NETWORKS = List.of("red", "blue");
    private static final List<String> ISLANDS = List.of("red", "blue", "underlay:u0");
    /** Of those that are asked for, some lead nowhere, and a busy machine takes its time for each. */
    private static final int FEWEST_MOVES = 5;

    private static final String CONFIGURATION = """
            underlays:
              - {name: u0, port: {kind: packet, interface: DEVICE}, address: 192.0.2.NUMBER/24}
            networks:
              - name: red
                vni: 100
                subnet: 10.88.0.0/16
                tunnel: {kind: KIND, underlay: u0, peers: [192.0.2.PEER], learn: true}
              - name: blue
                vni: 101
                subnet: 10.88.0.0/16
                tunnel: {kind: KIND, underlay: u0, peers: [192.0.2.PEER]}
            guests:
              - {name: red-GUEST, network: red, address: 10.88.0.NUMBER0}
              - {name: blue-GUEST, network: blue, address: 10.88.0.NUMBER0}
            """;

    private final SplittableRandom random = new SplittableRandom(5);
    private final List<Child> children = new ArrayList<>();
    private final List<HostStack> hosts = new ArrayList<>();

    @AfterEach
    void shouldStop() {
        children.forEach(Child::close);
        hosts.reversed().forEach(HostStack::close);
    }

    private static String configuration(
            final String kind, final String device, final int number, final String guest, final int cores) {
        return CONFIGURATION
                        .replace("KIND", kind)
                        .replace("DEVICE", device)
                        .replace("NUMBER", Integer.toString(number))
                        .replace("PEER", Integer.toString(3 - number))
                        .replace("GUEST", guest)
                + "cores: {max: " + cores + "}\n";
    }

    private Child started(final Child child) {
        children.add(child);
        return child;
    }

    private static void awaitListener(final HostStack host, final String guest) throws InterruptedException {
        final long end = System.nanoTime() + LIMIT.toNanos();
        while (host.ask("ss").lines().noneMatch(line -> line.contains("LISTEN") && line.contains(guest))) {
            assertTrue(System.nanoTime() < end, () -> host.ask("ss"));
            Thread.sleep(10);
        }
    }

    private static long counter(final HostStack host, final String pattern) {
        return host.ask("stats")
                .lines()
                .filter(line -> line.matches(pattern + " .*"))
                .mapToLong(line -> Long.parseLong(line.split(" +", -1)[1]))
                .sum();
    }

    @ParameterizedTest
    @CsvSource({"vxlan, 3, 1", "gre, 3, 3", "vxlan, 2, 2"})
    void shouldServeNetworksThatMove(final String kind, final int nearCores, final int farCores)
            throws InterruptedException {
        final HostStack near =
                HostStack.startOnVeth("vfar0", configuration(kind, HostStack.VETH, 1, "cache", nearCores));
        hosts.add(near);
        final HostStack far = HostStack.startBeside(near, configuration(kind, "vfar0", 2, "client", farCores));
        hosts.add(far);
        final String verify = Repository.program("mcverify");
        final List<Child> clients = new ArrayList<>();
        for (final String network : NETWORKS) {
            started(near.guest(network + "-cache")
                    .start("memcached", "-u", "root", "-p", PORT, "-U", "0", "-m", "256"));
            awaitListener(near, network + "-cache");
        }
        for (final String network : NETWORKS) {
            final String address = near.guest(network + "-cache").address();
            clients.add(started(far.guest(network + "-client").start(verify, address, PORT, "30", "20", "1")));
        }
        int asked = 0;
        while (clients.stream().anyMatch(Child::isAlive)) {
            near.ask("move " + ISLANDS.get(random.nextInt(ISLANDS.size())) + " " + random.nextInt(nearCores));
            if (farCores > 1) {
                far.ask("move " + ISLANDS.get(random.nextInt(ISLANDS.size())) + " " + random.nextInt(farCores));
            }
            asked++;
            Thread.sleep(2);
        }
        clients.forEach(client -> client.awaitSuccess(LIMIT));
        final long given = counter(near, "core\\.[0-9]+\\.islands_given");
        System.out.println(asked + " asked, " + given + " islands given to another core");
        assertTrue(given >= FEWEST_MOVES, "only " + given + " of " + asked);
        assertTrue(counter(near, "underlay\\.frames_in") > 0, () -> near.ask("stats"));
        shouldBillEachGuestOnce(near);
        near.shouldSleep();
    }

    private static void shouldBillEachGuestOnce(final HostStack near) {
        final String top = near.command("top", "--once");
        for (final String network : NETWORKS) {
            assertEquals(
                    1,
                    top.lines()
                            .filter(line -> line.startsWith(network + "-cache "))
                            .count(),
                    top);
        }
    }
}
