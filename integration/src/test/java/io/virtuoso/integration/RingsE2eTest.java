package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What bursts over many connections take of the pool, and that idle connections give it back. */
@Tag("slow")
class RingsE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String PORT = "7300";
    private static final int CONNECTIONS = 100;
    private static final int BURST = 400_000;
    /** Four times the time between two looks: a look that sees a change, one that does not, adoption, a last one. */
    private static final Duration REST = Duration.ofSeconds(25);

    private HostStack host;

    @BeforeEach
    void shouldStart() {
        host = HostStack.start();
    }

    @AfterEach
    void shouldStop() {
        host.close();
    }

    @Test
    void shouldGiveBackWhatABurstBetweenGuestsTook() {
        final Guest server = host.guest("server");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT)) {
            echo.awaitLine("serving", LIMIT);
            burstAndRest(host.guest("client").start(burst(server.address())), 8 << 10);
        }
    }

    @Test
    void shouldGiveBackWhatABurstFromTheKernelTook() {
        final Guest server = host.guest("server");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT)) {
            echo.awaitLine("serving", LIMIT);
            burstAndRest(host.startInKernel(burst(server.address())), 18 << 10);
        }
    }

    @Test
    void shouldGiveBackWhatABurstOfAJvmTook() {
        final Guest server = host.guest("server");
        try (Child echo = new JavaProgram(Jdk.newest(), "EchoServer").start(server, PORT)) {
            echo.awaitLine("serving", LIMIT);
            burstAndRest(host.startInKernel(burst(server.address())), 18 << 10);
        }
    }

    private static String[] burst(final String address) {
        return new String[] {Repository.program("connections"), "burst", address, PORT, "" + CONNECTIONS, "" + BURST};
    }

    /** @param least bytes of rings that an idle connection keeps, at most */
    private void burstAndRest(final Child client, final int least) {
        try (client) {
            client.awaitLine("ready", LIMIT);
            client.say("go");
            client.awaitLine("done 1", LIMIT);
            final long burst = ringBytes();
            Child.pause(REST.toMillis());
            final long rest = ringBytes();
            System.out.printf(
                    "%d connections: %d KiB of rings after a burst, %d KiB after a rest%n",
                    CONNECTIONS, burst >> 10, rest >> 10);
            assertTrue(rest <= (long) CONNECTIONS * least + (1 << 16), "after the burst " + burst + ", then " + rest);
            assertTrue(burst > 2 * rest, "after the burst " + burst + ", then " + rest);
            client.say("again");
            client.awaitLine("done 2", LIMIT);
        }
    }

    private long ringBytes() {
        return host.ask("stats")
                .lines()
                .filter(line -> line.startsWith("rings.bytes"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                .findFirst()
                .orElseThrow();
    }
}
