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
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String PORT = "7300";
    private static final int CONNECTIONS = 100;
    private static final int BURST = 400_000;
    /** Four times the time between two looks: a look that sees a change, one that does not, adoption, a last one. */
    private static final Duration REST = Duration.ofSeconds(25);

    private static final Duration LONGEST_REST = Duration.ofMinutes(2);

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
            final long most = (long) CONNECTIONS * least + (1 << 16);
            final long rest = ringBytesAfterRest(most);
            System.out.printf(
                    "%d connections: %d KiB of rings after a burst, %d KiB after a rest%n",
                    CONNECTIONS, burst >> 10, rest >> 10);
            assertTrue(rest <= most, "after the burst " + burst + ", then " + rest);
            assertTrue(burst > 2 * rest, "after the burst " + burst + ", then " + rest);
            client.say("again");
            client.awaitLine("done 2", LIMIT);
        }
    }

    /** Waits longer on a machine that has no time for its looks. */
    private long ringBytesAfterRest(final long enough) {
        Child.pause(REST.toMillis());
        final long end = System.nanoTime() + LONGEST_REST.toNanos();
        while (ringBytes() > enough && System.nanoTime() < end) {
            Child.pause(500);
        }
        return ringBytes();
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
