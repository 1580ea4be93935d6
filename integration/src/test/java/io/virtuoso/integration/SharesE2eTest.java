package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Guests that are held to limits, and one that takes all it can get beside one that wants little. */
@Tag("slow")
class SharesE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final long LONGEST_WAIT_NS = 100_000_000;
    private static final int MOST_ROUNDS = 5;
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
            try (Child slow = burst("slow", server, 1, 600_000);
                    Child capped = burst("capped", server, 10, 4_000_000)) {
                slow.awaitLine("ready", LIMIT);
                capped.awaitLine("ready", LIMIT);
                final long start = System.nanoTime();
                slow.say("go");
                capped.say("go");
                capped.awaitLine("done 1", LIMIT);
                final double used = counter("guest.capped.cpu") / 1e9;
                final double share = used / ((System.nanoTime() - start) / 1e9);
                slow.awaitLine("done 1", LIMIT);
                final double seconds = (System.nanoTime() - start) / 1e9;
                final long sent = counter("guest.slow.bytes_out");
                System.out.printf("1 Mbit/s sent %d bytes in %.1f s, 2 %% used %.1f %%%n", sent, seconds, 100 * share);
                assertTrue(sent < 125_000 * seconds * 1.2 + (1 << 17), "too much came through: " + sent);
                assertTrue(share < 0.06, "used " + share + " of the core");
            }
            assertTrue(counter("guest.slow.limited") > 0);
            assertTrue(counter("guest.capped.limited") > 0);
        }
    }

    /** Bytes that do not wait for answers, so that the limits are reached on a busy machine, too. */
    private Child burst(final String guest, final Guest server, final int connections, final int bytes) {
        final String program = Repository.program("connections");
        return host.guest(guest).start(program, "burst", server.address(), PORT, "" + connections, "" + bytes);
    }

    private Child pump(final String guest, final Guest server, final int seconds) {
        return host.guest(guest).start(Repository.program("pump"), server.address(), PORT, "" + seconds);
    }

    /** @return how long the victim's commands waited in one round, on average, in nanoseconds */
    private long waitedBesideAHog(final Guest cache, final Guest server, final int round) {
        final long commandsBefore = counter("guest.victim.commands");
        final long waitedBefore = counter("guest.victim.waited");
        final String verify = Repository.program("mcverify");
        try (Child hog = host.guest("hog").start(verify, cache.address(), PORT, "400", "30", "" + round);
                Child victim = pump("victim", server, 2)) {
            victim.awaitSuccess(LIMIT);
            hog.awaitSuccess(LIMIT);
        }
        final long commands = Math.max(1, counter("guest.victim.commands") - commandsBefore);
        final long waited = (counter("guest.victim.waited") - waitedBefore) / commands;
        System.out.println("victim waited " + waited + " ns for each of " + commands + " commands; aggressor pays "
                + counter("guest.hog.cpu") / 1000 + " us");
        return waited;
    }

    @Test
    void shouldServeAVictimBesideAnAggressor() {
        final Guest server = host.guest("server");
        final Guest cache = host.guest("cache");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT);
                Child memcached = cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0", "-m", "1024")) {
            echo.awaitLine("serving", LIMIT);
            host.awaitPort(cache, Integer.parseInt(PORT));
            long least = Long.MAX_VALUE; // all of a round may fall into a moment in which nobody has a processor
            for (int round = 1; round <= MOST_ROUNDS && least >= LONGEST_WAIT_NS; round++) {
                least = Math.min(least, waitedBesideAHog(cache, server, round));
            }
            assertTrue(least < LONGEST_WAIT_NS, "waited " + least + " ns for each command");
            assertTrue(counter("guest.hog.cpu") + counter("guest.cache.cpu") > 0);
            final String top = host.command("top", "-n", "1");
            assertTrue(top.lines().anyMatch(line -> line.startsWith("victim ")), top);
            assertTrue(memcached.isAlive(), () -> memcached.output());
        }
    }
}
