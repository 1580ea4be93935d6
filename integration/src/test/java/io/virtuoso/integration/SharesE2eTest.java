package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Guests that are held to limits, and one that takes all it can get beside one that wants little. */
@Tag("slow")
class SharesE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PORT = "11211";
    private static final String GUESTS = """
            guests:
              - {name: slow, network: test, address: 10.88.0.20, rate: {out: 1Mbit}}
              - {name: capped, network: test, address: 10.88.0.21, cpu: {max: 2%}}
              - {name: victim, network: test, address: 10.88.0.22, weight: 2, cpu: {reserved: 10%}}
            """;

    private final HostStack host = HostStack.start(GUESTS);

    @AfterEach
    void shouldStop() {
        host.close();
    }

    private long counter(final String name) {
        return host.ask("stats")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
                .findFirst()
                .orElse(0);
    }

    @Test
    void shouldHoldGuestsToTheirLimits() {
        final Guest server = host.guest("server");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT)) {
            echo.awaitLine("serving", LIMIT);
            final long start = System.nanoTime();
            try (Child slow = pump("slow", server, 3);
                    Child capped = pump("capped", server, 3)) {
                slow.awaitSuccess(LIMIT);
                capped.awaitSuccess(LIMIT);
            }
            final double seconds = (System.nanoTime() - start) / 1e9;
            final long sent = counter("guest.slow.bytes_out");
            final double cpu = counter("guest.capped.cpu") / 1e9 / seconds;
            System.out.printf("in %.1f s: 1 Mbit/s sent %d bytes, 2 %% used %.1f %%%n", seconds, sent, 100 * cpu);
            assertTrue(sent > 100_000, "hardly anything came through: " + sent);
            assertTrue(sent < 125_000 * seconds * 1.2 + (1 << 17), "too much came through: " + sent);
            assertTrue(cpu < 0.06, "used " + cpu + " of the core");
            assertTrue(counter("guest.slow.limited") > 0);
            assertTrue(counter("guest.capped.limited") > 0);
        }
    }

    private Child pump(final String guest, final Guest server, final int seconds) {
        return host.guest(guest).start(Repository.program("pump"), server.address(), PORT, "" + seconds);
    }

    @Test
    void shouldServeAVictimBesideAnAggressor() {
        final Guest server = host.guest("server");
        final Guest cache = host.guest("cache");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT);
                Child memcached = cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0", "-m", "1024")) {
            echo.awaitLine("serving", LIMIT);
            host.awaitPort(cache, Integer.parseInt(PORT));
            final String verify = Repository.program("mcverify");
            try (Child hog = host.guest("hog").start(verify, cache.address(), PORT, "400", "30", "1");
                    Child victim = pump("victim", server, 2)) {
                victim.awaitSuccess(LIMIT);
                hog.awaitSuccess(LIMIT);
            }
            final long commands = counter("guest.victim.commands");
            final long waited = counter("guest.victim.waited") / Math.max(1, commands);
            System.out.println("victim waited " + waited + " ns for each of " + commands + " commands; aggressor pays "
                    + counter("guest.hog.cpu") / 1000 + " us");
            assertTrue(waited < 2_000_000, "waited " + waited + " ns for each command");
            assertTrue(counter("guest.hog.cpu") + counter("guest.cache.cpu") > 0);
            final String top = host.command("top", "-n", "1");
            assertTrue(top.lines().anyMatch(line -> line.startsWith("victim ")), top);
            assertTrue(memcached.isAlive(), () -> memcached.output());
        }
    }
}
