package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that go from core to core, of which there are more than processors, while their guests are served. */
@Tag("slow")
class ElasticE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PORT = "11211";
    private static final List<String> NETWORKS = List.of("test", "blue", "red");
    /** One for each network. */
    private static final int CORES = 3;
    /** Of those that are asked for, some lead nowhere, and a busy machine takes its time for each. */
    private static final int FEWEST_MOVES = 5;

    private static final String CONFIG = """
                      - {name: blue, vni: 2, subnet: 10.89.0.0/16, tap: {name: vtap1, address: 10.89.0.1}}
                      - {name: red, vni: 3, subnet: 10.88.0.0/16}
                    guests:
                      - {name: cache-test, network: test, address: 10.88.0.20}
                      - {name: client-test, network: test, address: 10.88.0.21}
                      - {name: cache-blue, network: blue, address: 10.89.0.20}
                      - {name: client-blue, network: blue, address: 10.89.0.21}
                      - {name: cache-red, network: red, address: 10.88.0.20}
                      - {name: client-red, network: red, address: 10.88.0.21}
                    cores: {max: 4}
                    """;

    private final HostStack host = HostStack.start(CONFIG);
    private final SplittableRandom random = new SplittableRandom(5);
    private final List<Child> children = new ArrayList<>();

    @AfterEach
    void shouldStop() {
        children.forEach(Child::close);
        host.close();
    }

    private long given() {
        return host.ask("stats")
                .lines()
                .filter(line -> line.matches("core\\.[0-9]+\\.islands_given .*"))
                .mapToLong(line -> Long.parseLong(line.split(" +", -1)[1]))
                .sum();
    }

    private Child started(final Child child) {
        children.add(child);
        return child;
    }

    private void awaitListener(final String guest) throws InterruptedException {
        final long end = System.nanoTime() + LIMIT.toNanos();
        while (host.ask("ss").lines().noneMatch(line -> line.contains("LISTEN") && line.contains(guest))) {
            assertTrue(System.nanoTime() < end, () -> host.ask("ss"));
            Thread.sleep(10);
        }
    }

    @Test
    void shouldServeNetworksThatMove() throws InterruptedException {
        final String verify = Repository.program("mcverify");
        final List<Child> clients = new ArrayList<>();
        for (final String network : NETWORKS) {
            final Guest cache = host.guest("cache-" + network);
            started(cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0", "-m", "256"));
        }
        host.awaitPort(host.guest("cache-test"), Integer.parseInt(PORT));
        host.awaitPort(host.guest("cache-blue"), Integer.parseInt(PORT));
        awaitListener("cache-red"); // its network has no way out
        for (final String network : NETWORKS) {
            final Guest cache = host.guest("cache-" + network);
            clients.add(started(host.guest("client-" + network).start(verify, cache.address(), PORT, "50", "20", "1")));
            if (!network.equals("red")) {
                clients.add(started(host.startInKernel(verify, cache.address(), PORT, "20", "10", "2")));
            }
        }
        int asked = 0;
        while (clients.stream().anyMatch(Child::isAlive)) {
            host.ask("move " + NETWORKS.get(random.nextInt(NETWORKS.size())) + " " + random.nextInt(CORES));
            asked++;
            Thread.sleep(2);
        }
        clients.forEach(client -> client.awaitSuccess(LIMIT));
        System.out.println(asked + " asked, " + given() + " islands given to another core");
        assertTrue(given() >= FEWEST_MOVES, "only " + given() + " of " + asked);
        final String top = host.command("top", "--once");
        assertTrue(top.lines().anyMatch(line -> line.startsWith("cache-red ")), top);
        host.shouldSleep();
    }

    @Test
    void shouldCaptureOnAllCores(@TempDir final Path directory) throws InterruptedException {
        final Path file = directory.resolve("all.pcapng");
        final String verify = Repository.program("mcverify");
        final List<String> wired = List.of("test", "blue");
        assertEquals("ok moving\n", host.ask("move blue 1"));
        for (final String network : wired) {
            final Guest cache = host.guest("cache-" + network);
            started(cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0"));
            host.awaitPort(cache, Integer.parseInt(PORT));
        }
        try (Child capture = Child.start("capture", host.commandLine("capture", "-s", "96", "-w", file.toString()))) {
            HostStack.awaitCapture(file);
            final List<Child> clients = new ArrayList<>();
            for (final String network : wired) {
                final String address = host.guest("cache-" + network).address();
                clients.add(started(host.startInKernel(verify, address, PORT, "20", "2", "1")));
                clients.add(started(host.guest("client-" + network).start(verify, address, PORT, "20", "2", "2")));
            }
            for (int i = 0; clients.stream().anyMatch(Child::isAlive); i++) {
                host.ask("move blue " + i % 2);
                Thread.sleep(2);
            }
            clients.forEach(client -> client.awaitSuccess(LIMIT));
            assertEquals(0, capture.terminate(LIMIT), capture::output);
            assertTrue(capture.output().contains("\n0 packets lost"), capture.output());
        }
        for (final String network : wired) {
            final String address = host.guest("cache-" + network).address();
            final long begun = CaptureE2eTest.packets(file, "tcp[13] & 18 == 2 and dst host " + address);
            assertTrue(begun >= 2, network + ": " + begun + " connections");
            final long answered = CaptureE2eTest.packets(file, "tcp[13] & 18 == 18 and src host " + address);
            assertTrue(answered >= begun, network + ": " + answered + " of " + begun + " answered");
        }
    }
}
