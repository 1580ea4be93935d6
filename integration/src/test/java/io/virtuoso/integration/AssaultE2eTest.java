package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A guest whose processes do whatever harm they can, for ten seconds or {@code -Dhostile.seconds}, beside a server with
 * clients on both sides of the port: those are answered as before, and when it is over the host stack has what it had.
 */
@Tag("slow")
class AssaultE2eTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int SECONDS = Integer.getInteger("hostile.seconds", 10);
    private static final String PORT = "7300";
    /** Longer than what an ended process wrote is kept for a peer that does not read it. */
    private static final int SETTLED_AFTER = 180;
    /** What may differ between two looks at the same idle heap, and for each process's entry in what is remembered. */
    private static final long HEAP_SLACK = 8 << 20;

    private HostStack host;
    private Child echo;
    private Guest server;

    @BeforeEach
    void shouldStart() {
        host = HostStack.start();
        server = host.guest("server");
        echo = server.start(Repository.program("connections"), "serve", PORT);
        echo.awaitLine("serving", SOON);
    }

    @AfterEach
    void shouldStop() {
        echo.close();
        host.close();
    }

    /** What could leak. */
    private record Holdings(long descriptors, long attachments, long placeholders, long watches) {
        boolean isWithin(final Holdings other) {
            return descriptors <= other.descriptors
                    && attachments <= other.attachments
                    && placeholders <= other.placeholders
                    && watches <= other.watches;
        }
    }

    @Test
    void shouldServeOthersAndLoseNothing() {
        final Guest evil = host.guest("evil");
        final Guest client = host.guest("client"); // has its sockets from here on
        assault(evil, 1, 2); // all that is made once is made
        settle();
        final long heap = Proc.liveHeapBytes(host.jvm().pid()); // which makes the JVM open a socket
        final Holdings before = holdings();
        try (Child near = client.start(pump());
                Child far = host.startInKernel(pump())) {
            near.awaitLine("connected", SOON);
            far.awaitLine("connected", SOON);
            assault(evil, 2, SECONDS);
            near.awaitSuccess(Duration.ofSeconds(SECONDS + 90));
            far.awaitSuccess(SOON);
        }
        client.check(SOON, Repository.program("pump"), server.address(), PORT, "1");
        settle();
        final long end = System.nanoTime() + SOON.toNanos();
        while (!holdings().isWithin(before)) {
            assertTrue(System.nanoTime() < end, () -> holdings() + ", before " + before + "\n" + host.ask("stats"));
            Child.pause(100);
        }
        final long after = Proc.liveHeapBytes(host.jvm().pid());
        System.out.printf("hostile for %d s: live heap %d KiB, before %d KiB%n", SECONDS, after >> 10, heap >> 10);
        assertTrue(after - heap < HEAP_SLACK, "live heap " + heap + ", then " + after);
        assertTrue(host.isAlive(), () -> host.log());
        assertEquals(0, counter("attachments.ended.host_fault"), () -> host.log());
        assertEquals(
                List.of(),
                host.log().lines().filter(line -> line.contains("ERROR")).toList());
    }

    private String[] pump() {
        return new String[] {Repository.program("pump"), server.address(), PORT, "" + (SECONDS + 5)};
    }

    private void assault(final Guest evil, final int seed, final int seconds) {
        final String[] command = {
            Repository.program("assault"), evil.socket(), "" + seed, "" + seconds, server.address(), PORT
        };
        final Shell.Result result =
                Shell.run(Duration.ofSeconds(seconds + 120L), evil.home().inside(command));
        assertEquals(0, result.status(), result::output);
        System.out.println(result.output().strip());
    }

    /** Waits until nothing is left of the evil guest's processes. */
    private void settle() {
        final long end = System.nanoTime() + Duration.ofSeconds(SETTLED_AFTER).toNanos();
        while (counter("attachments") > 1) { // the server's
            assertTrue(System.nanoTime() < end, () -> host.ask("guests") + host.ask("ss"));
            Child.pause(100);
        }
        Child.pause(300);
    }

    private Holdings holdings() {
        final long pid = host.jvm().pid();
        return new Holdings(
                Proc.descriptors(pid), counter("attachments"), counter("placeholders"), counter("control.watches"));
    }

    private long counter(final String name) {
        return host.ask("stats")
                .lines()
                .filter(line -> line.matches(name.replace(".", "\\.") + " +\\d+"))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".* ", "")))
                .findFirst()
                .orElseThrow();
    }
}
