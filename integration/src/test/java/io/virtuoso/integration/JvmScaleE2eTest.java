package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** JVM guests with many connections: one after the other, and at once with a virtual thread blocked on each. */
@Tag("slow")
class JvmScaleE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** In all, one after the other; a million says more and takes some minutes. */
    private static final int SHORT_CONNECTIONS = Integer.getInteger("virtuoso.test.jvmShortConnections", 20_000);

    /** At once; a hundred thousand says more. */
    private static final int BLOCKED_THREADS = Integer.getInteger("virtuoso.test.blockedThreads", 10_000);

    private static final int CONNECTIONS_PER_PORT = 20_000;
    private static final int VIRTUAL_THREADS_SINCE = 21;
    private static final int MOST_THREADS = 100;
    private static final long MOST_GROWTH = 8 << 20;
    private static final String PORT = "7300";

    private HostStack host;

    @AfterEach
    void shouldStop() {
        host.close();
    }

    @ParameterizedTest
    @MethodSource("io.virtuoso.integration.Jdk#all")
    void shouldLeaveNothingBehindAfterManyShortConnections(final Jdk jdk) {
        host = HostStack.start();
        final int rounds = 4;
        final String each = Integer.toString(SHORT_CONNECTIONS / rounds);
        final Guest server = host.guest("server");
        final Duration limit = Duration.ofSeconds(30 + SHORT_CONNECTIONS / 1000);
        // A heap that is there from the beginning: what grows then is native.
        final String[] heap = {"-Xms48m", "-Xmx48m", "-XX:+AlwaysPreTouch"};
        try (Child echo = new JavaProgram(jdk, "EchoServer", heap).start(server, PORT);
                Child shorts = new JavaProgram(jdk, "ShortConnections", heap)
                        .start(host.guest("client"), server.address(), PORT, each)) {
            echo.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(host);
            for (int round = 1; round <= 2; round++) { // warm-up: classes, compiled code, threads
                shorts.say("");
                shorts.awaitLine("done", round, limit);
            }
            final State before = State.of(host, echo, shorts);
            for (int round = 3; round <= rounds + 2; round++) {
                shorts.say("");
                shorts.awaitLine("done", round, limit);
            }
            final State after = State.of(host, echo, shorts);
            System.out.println(
                    jdk + ", short connections: before " + before + ", after " + SHORT_CONNECTIONS + " " + after);
            assertEquals(before.sockets(), after.sockets());
            assertTrue(after.descriptors() <= before.descriptors(), before + " " + after);
            assertTrue(after.heapBytes() - before.heapBytes() < MOST_GROWTH / 4, "heap grew: " + before + " " + after);
            assertTrue(after.residentBytes() - before.residentBytes() < MOST_GROWTH, "grew: " + before + " " + after);
            assertTrue(after.hostBytes() - before.hostBytes() < MOST_GROWTH / 2, "host grew: " + before + " " + after);
            traffic.assertLocal(SHORT_CONNECTIONS * 128L);
        }
    }

    @Test
    void shouldAnswerVirtualThreadsThatAreBlockedInReads() {
        final Jdk jdk = Jdk.newest();
        assumeTrue(jdk.feature() >= VIRTUAL_THREADS_SINCE);
        final String count = Integer.toString(BLOCKED_THREADS);
        final int ports = (BLOCKED_THREADS + CONNECTIONS_PER_PORT - 1) / CONNECTIONS_PER_PORT;
        final int seconds = 30 + BLOCKED_THREADS / 500;
        host = HostStack.start(
                "limits: {slots: " + Math.max(1 << 17, Integer.highestOneBit(BLOCKED_THREADS) * 4) + "}\n");
        final Guest server = host.guest("server");
        try (Child answers = new JavaProgram(jdk, "BlockedServer", "-Xmx2g").start(server, PORT, "" + ports, count)) {
            answers.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(host);
            try (Child readers = new JavaProgram(jdk, "BlockedReaders", "-Xmx2g")
                    .start(host.guest("client"), server.address(), PORT, "" + ports, count, "" + seconds)) {
                readers.awaitLine("blocked " + count, Duration.ofSeconds(seconds));
                answers.awaitLine("accepted " + count, Duration.ofSeconds(seconds));
                final long threads = Proc.threads(readers.worker().pid());
                final long resident = Proc.pssBytes(readers.worker().pid());
                System.out.printf(
                        "%s virtual threads blocked on as many connections: %d threads, %.1f KiB each%n",
                        count, threads, resident / 1024.0 / BLOCKED_THREADS);
                assertTrue(threads < MOST_THREADS, threads + " threads carry them");
                answers.say("");
                readers.awaitSuccess(Duration.ofSeconds(seconds));
                assertTrue(readers.output().contains("all right"), readers::output);
                traffic.assertLocal(BLOCKED_THREADS * 16L);
            }
        }
    }

    /** What must not grow. */
    private record State(long descriptors, long sockets, long heapBytes, long residentBytes, long hostBytes) {
        static State of(final HostStack host, final Child... guests) {
            final long hostBytes = Proc.liveHeapBytes(host.jvm().pid());
            long descriptors = 0;
            long heapBytes = 0;
            long resident = 0;
            for (final Child guest : List.of(guests)) {
                final long pid = guest.worker().pid();
                heapBytes += Proc.liveHeapBytes(pid); // first: asking opens a descriptor and starts a thread
                descriptors += Proc.descriptors(pid);
                resident += Proc.privateBytes(pid);
            }
            final long sockets =
                    host.ask("ss").lines().filter(line -> line.contains(":73")).count();
            return new State(descriptors, sockets, heapBytes, resident, hostBytes);
        }
    }
}
