package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the others see when a guest or the host stack dies in the middle of traffic. */
@Tag("slow")
class FailureE2eTest {
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int ENDED = 3;
    private static final String PORT = "7100";

    private HostStack host;
    private Guest server;
    private Guest client;

    @BeforeEach
    void shouldStart() {
        host = HostStack.start();
        server = host.guest("server");
        client = host.guest("client");
    }

    @AfterEach
    void shouldStop() {
        host.close();
    }

    @Test
    void shouldTellPeersWhenAGuestIsKilled() {
        try (Child echo = serve();
                Child near = pump(client, server.address());
                Child far = host.startInKernel(Repository.program("pump"), server.address(), PORT, "600")) {
            near.awaitLine("connected", SOON);
            far.awaitLine("connected", SOON);
            Child.pause(300);
            echo.worker().destroyForcibly();
            assertEquals(ENDED, near.awaitEnd(SOON), near::output);
            assertEquals(ENDED, far.awaitEnd(SOON), far::output);
        }
        awaitAttachments(server, 0);
        try (Child again = serve();
                Child near = client.start(Repository.program("pump"), server.address(), PORT, "1")) {
            near.awaitSuccess(SOON); // the port was given back at once
            assertTrue(again.isAlive());
        }
    }

    @Test
    void shouldReclaimAllOfManyKilledClients() {
        try (Child echo = serve()) {
            final List<Child> clients = IntStream.range(0, 8)
                    .mapToObj(number ->
                            client.start(Repository.program("connections"), "hold", server.address(), PORT, "50"))
                    .toList();
            clients.forEach(one -> one.say("go"));
            clients.forEach(one -> one.awaitLine("open 50", LIMIT));
            assertEquals(8, attachments(client));
            clients.forEach(Child::kill);
            awaitAttachments(client, 0);
            awaitSockets(1); // the listener
            assertTrue(echo.isAlive());
        }
    }

    @Test
    void shouldEndGuestsCallsWhenTheHostStackIsKilled() {
        try (Child echo = serve();
                Child near = pump(client, server.address());
                Child waiting = client.start(Repository.program("pump"), "wait", server.address(), PORT)) {
            near.awaitLine("connected", SOON);
            waiting.awaitLine("waiting", SOON);
            Child.pause(300);
            host.kill();
            assertEquals(ENDED, near.awaitEnd(SOON), near::output);
            assertEquals(ENDED, waiting.awaitEnd(SOON), waiting::output);
            final String said = near.output() + waiting.output();
            assertTrue(said.matches("(?s).*ended: (ECONNRESET|ENETDOWN).*ended: (ECONNRESET|ENETDOWN).*"), said);
            final Shell.Result fresh = client.run(SOON, Repository.program("pump"), server.address(), PORT, "1");
            assertTrue(fresh.status() != 0 && fresh.status() != -1, "a new connection hung: " + fresh.output());
            assertTrue(echo.isAlive(), echo::output);
        }
    }

    @Test
    void shouldResetPeersOfAGuestThatEndedWhileThereWasNoHostStack() {
        try (Child echo = serve();
                Child far = host.startInKernel(Repository.program("pump"), server.address(), PORT, "600")) {
            far.awaitLine("connected", SOON);
            host.kill();
            echo.worker().destroyForcibly();
            host.up();
            assertEquals(ENDED, far.awaitEnd(SOON), far::output);
            assertTrue(far.output().contains("ended: ECONNRESET"), far::output);
        }
    }

    @Test
    void shouldServeAgainAfterTheHostStackRestarts() {
        final Guest cache = host.guest("cache");
        try (Nginx nginx = Nginx.start(host, server, false, "612", "65537");
                Child memcached = cache.start("memcached", "-u", "root", "-U", "0", "-I", "2m", "-t", "4")) {
            host.awaitPort(cache, 11211);
            for (int i = 0; i < 3; i++) {
                verify(cache, i);
                if (i % 2 == 0) {
                    host.kill();
                } else {
                    host.down();
                }
                host.up();
                host.awaitPort(server, Nginx.PORT);
                host.awaitPort(cache, 11211);
                nginx.reload(i + 1); // new workers, forked from a master whose host stack was another
                host.awaitPort(server, Nginx.PORT);
            }
            verify(cache, 9);
            assertTrue(nginx.process().isAlive() && memcached.isAlive());
        }
    }

    private void verify(final Guest cache, final int seed) {
        final String[] http = {Repository.program("httpverify"), server.address(), "80", "4", "0", "0", "612", "65537"};
        client.check(LIMIT, http);
        host.checkInKernel(LIMIT, http);
        client.check(LIMIT, Repository.program("mcverify"), cache.address(), "11211", "16", "4", "" + seed);
    }

    private Child serve() {
        final Child echo = server.start(Repository.program("connections"), "serve", PORT);
        echo.awaitLine("serving", SOON);
        return echo;
    }

    private static Child pump(final Guest guest, final String address) {
        return guest.start(Repository.program("pump"), address, PORT, "600");
    }

    private long attachments(final Guest guest) {
        return host.ask("guests")
                .lines()
                .filter(line -> line.startsWith(guest.name() + " "))
                .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[5]))
                .sum();
    }

    private void awaitAttachments(final Guest guest, final long count) {
        final long end = System.nanoTime() + SOON.toNanos();
        while (attachments(guest) != count) {
            assertTrue(System.nanoTime() < end, () -> host.ask("guests"));
            Child.pause(20);
        }
    }

    private void awaitSockets(final long count) {
        final long end = System.nanoTime() + SOON.toNanos();
        while (host.ask("ss").lines().filter(line -> line.contains(":" + PORT)).count() != count) {
            assertTrue(System.nanoTime() < end, () -> host.ask("ss"));
            Child.pause(20);
        }
    }
}
