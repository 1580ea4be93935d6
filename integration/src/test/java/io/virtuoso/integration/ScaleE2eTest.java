package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many guests, many connections, many short ones: what they cost, and that nothing is left behind. */
@Tag("slow")
class ScaleE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PORT = "7300";
    private static final long MOST_WHEN_IDLE_MILLIS = 50;
    private static final int SHORT_CONNECTIONS = Integer.getInteger("virtuoso.test.shortConnections", 20_000);

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
    void shouldSleepWhileAHundredGuestsAreIdle() {
        final List<Child> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                final Guest guest = host.guest("idle" + i);
                idle.add(guest.start("env", "CONF_ADDR=" + guest.address(), Repository.program("pump"), "listen"));
            }
            idle.forEach(one -> one.awaitLine("listening", LIMIT));
            Child.pause(1_500);
            final long used = quietestFiveSeconds(host.jvm().pid());
            System.out.println("100 idle guests: host stack used " + used + " ms of CPU in 5 s");
            assertTrue(used < MOST_WHEN_IDLE_MILLIS, "used " + used + " ms in 5 s: more than 1 % of a core");
        } finally {
            idle.forEach(Child::close);
        }
    }

    /** The compiler may be at work for a while, the longer the busier the machine is. */
    private static long quietestFiveSeconds(final long pid) {
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 12 && used >= MOST_WHEN_IDLE_MILLIS; i++) {
            final long before = Proc.cpuMillis(pid);
            Child.pause(5_000);
            used = Math.min(used, Proc.cpuMillis(pid) - before);
        }
        return used;
    }

    @Test
    void shouldHoldTenThousandConnectionsInLittleMemory() {
        final int count = 10_000;
        final Guest server = host.guest("server");
        final Guest client = host.guest("client");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT)) {
            echo.awaitLine("serving", LIMIT);
            warmUp(client, server);
            try (Child few = hold(client, server, 10);
                    Child many = hold(client, server, count)) {
                few.awaitLine("ready", LIMIT);
                few.say("go");
                few.awaitLine("open 10", LIMIT);
                final long jvm = host.jvm().pid();
                final long baseline = Proc.pssBytes(jvm)
                        + Proc.pssBytes(echo.worker().pid())
                        + Proc.pssBytes(few.worker().pid());
                many.awaitLine("ready", LIMIT);
                many.say("go");
                many.awaitLine("open " + count, LIMIT);
                final long loaded = Proc.pssBytes(jvm)
                        + Proc.pssBytes(echo.worker().pid())
                        + Proc.pssBytes(many.worker().pid());
                final double each = (loaded - baseline) / 1024.0 / count;
                System.out.printf("%d connections: %.1f KiB resident each%n", count, each);
                many.say("again");
                many.awaitLine("right", LIMIT);
                assertTrue(each < 20, each + " KiB each");
            }
        }
    }

    @Test
    void shouldLeaveNothingBehindAfterManyShortConnections() {
        final int rounds = 4;
        final Guest server = host.guest("server");
        final Guest client = host.guest("client");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT)) {
            echo.awaitLine("serving", LIMIT);
            final String each = Integer.toString(SHORT_CONNECTIONS / rounds);
            try (Child shorts = client.start(
                    Repository.program("connections"), "short", server.address(), PORT, each, "" + (rounds + 1))) {
                shorts.awaitLine("done " + each, 1, Duration.ofMinutes(5)); // warm-up
                final State before = State.settled(host, null, echo, shorts);
                for (int round = 2; round <= rounds + 1; round++) {
                    shorts.say("next");
                    shorts.awaitLine("done " + each, round, Duration.ofMinutes(5));
                }
                final State after = State.settled(host, before, echo, shorts);
                System.out.println(
                        "short connections: before " + before + ", after " + SHORT_CONNECTIONS + " " + after);
                assertEquals(before.descriptors(), after.descriptors());
                assertEquals(before.sockets(), after.sockets());
                assertTrue(after.heapBytes() - before.heapBytes() < 4 << 20, "heap grew: " + before + " " + after);
                assertTrue(after.guestBytes() - before.guestBytes() < 4 << 20, "guests grew: " + before + " " + after);
            }
        }
    }

    /** So that what is made once, by the first connections, is not counted as theirs. */
    private static void warmUp(final Guest client, final Guest server) {
        try (Child warm =
                client.start(Repository.program("connections"), "short", server.address(), PORT, "2000", "1")) {
            warm.awaitLine("done", LIMIT);
        }
    }

    private static Child hold(final Guest client, final Guest server, final int count) {
        return client.start(Repository.program("connections"), "hold", server.address(), PORT, "" + count);
    }

    /** What must not grow. */
    private record State(long descriptors, long sockets, long heapBytes, long guestBytes) {
        static State settled(final HostStack host, final State before, final Child... guests) {
            return Settling.await(before, () -> of(host, guests), State::sameNumbers);
        }

        private boolean sameNumbers(final State other) {
            return descriptors == other.descriptors && sockets == other.sockets;
        }

        private static State of(final HostStack host, final Child... guests) {
            final long heapBytes = Proc.liveHeapBytes(host.jvm().pid()); // first: asking opens a descriptor of its own
            long descriptors = Proc.descriptors(host.jvm().pid());
            long bytes = 0;
            for (final Child guest : guests) {
                descriptors += Proc.descriptors(guest.worker().pid());
                bytes += Proc.privateBytes(guest.worker().pid());
            }
            final long sockets = host.ask("ss")
                    .lines()
                    .filter(line -> line.contains(":" + PORT))
                    .count();
            return new State(descriptors, sockets, heapBytes, bytes);
        }
    }
}
