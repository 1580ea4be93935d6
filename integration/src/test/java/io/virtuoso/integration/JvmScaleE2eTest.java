package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** JVM guests with many connections: one after the other, and at once with a virtual thread blocked on each. */
@Tag("slow")
class JvmScaleE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    /** In all, one after the other; a million says more and takes some minutes. */
    private static final int SHORT_CONNECTIONS = Integer.getInteger("virtuoso.test.jvmShortConnections", 20_000);

    /** At once; a hundred thousand says more. */
    private static final int BLOCKED_THREADS = Integer.getInteger("virtuoso.test.blockedThreads", 10_000);

    private static final int WARM_UP = 5_000;
    /** Half of them are for accepted connections. */
    private static final int SLOTS = 1 << 18;

    private static final int CONNECTIONS_PER_PORT = 20_000;
    private static final int VIRTUAL_THREADS_SINCE = 21;
    private static final int MOST_THREADS = 100;
    private static final long MOST_GROWTH = 8 << 20;
    private static final long MORE_DESCRIPTORS = 10;
    private static final String PORT = "7300";

    @ParameterizedTest
    @MethodSource("io.virtuoso.integration.Jdk#all")
    void shouldLeaveNothingBehindAfterManyShortConnections(final Jdk jdk) {
        // A heap that is there from the beginning, and a modest compiler: what grows then is native, and is not theirs.
        final String[] steady = {"-Xms48m", "-Xmx48m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1"};
        try (HostStack host = HostStack.start();
                Child echo = new JavaProgram(jdk, "EchoServer", steady).start(host.guest("server"), PORT);
                Child shorts = new JavaProgram(jdk, "ShortConnections", steady)
                        .start(host.guest("client"), host.guest("server").address(), PORT)) {
            echo.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(host);
            run(shorts, WARM_UP, 1); // classes, compiled code, threads
            run(shorts, WARM_UP, 2);
            final State before = State.settled(host, null, echo, shorts);
            run(shorts, SHORT_CONNECTIONS, 1);
            final State after = State.settled(host, before, echo, shorts);
            System.out.println(jdk + ": before " + before + ", after " + SHORT_CONNECTIONS + " " + after);
            final String both = before + " " + after;
            assertEquals(before.sockets(), after.sockets());
            // A pool may have started a thread, which waits with a descriptor of its own.
            assertTrue(after.descriptors() - before.descriptors() <= MORE_DESCRIPTORS, both);
            assertTrue(after.heapBytes() - before.heapBytes() < MOST_GROWTH / 4, "heap grew: " + both);
            assertTrue(after.residentBytes() - before.residentBytes() < MOST_GROWTH, "guests grew: " + both);
            assertTrue(after.hostBytes() - before.hostBytes() < MOST_GROWTH / 2, "host stack grew: " + both);
            traffic.assertLocal(SHORT_CONNECTIONS * 128L);
        }
    }

    private static void run(final Child shorts, final int count, final int times) {
        shorts.say("" + count);
        shorts.awaitLine("done " + count, times, Duration.ofSeconds(90 + count / 100));
    }

    @Test
    void shouldAnswerVirtualThreadsThatAreBlockedInReads() {
        final Jdk jdk = Jdk.newest();
        assumeTrue(jdk.feature() >= VIRTUAL_THREADS_SINCE);
        final String count = Integer.toString(BLOCKED_THREADS);
        final String ports = Integer.toString((BLOCKED_THREADS + CONNECTIONS_PER_PORT - 1) / CONNECTIONS_PER_PORT);
        final int seconds = 120 + BLOCKED_THREADS / 200;
        final Duration limit = Duration.ofSeconds(seconds);
        try (HostStack host = HostStack.start("limits: {slots: " + SLOTS + "}\n");
                Child server = new JavaProgram(jdk, "BlockedServer", "-Xmx2g")
                        .start(host.guest("server"), PORT, ports, count)) {
            server.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(host);
            final String address = host.guest("server").address();
            try (Child readers = new JavaProgram(jdk, "BlockedReaders", "-Xmx2g")
                    .start(host.guest("client"), address, PORT, ports, count, "" + seconds)) {
                readers.awaitLine("blocked " + count, limit);
                server.awaitLine("accepted " + count, limit);
                final long threads = Proc.threads(readers.worker().pid());
                final long resident = Proc.pssBytes(readers.worker().pid());
                System.out.printf(
                        "%s virtual threads blocked on as many connections: %d threads, %.1f KiB each%n",
                        count, threads, resident / 1024.0 / BLOCKED_THREADS);
                assertTrue(threads < MOST_THREADS, threads + " threads carry them");
                server.say("answer");
                assertTrue(readers.awaitSuccess(limit).contains("all right"), readers::output);
                traffic.assertLocal(BLOCKED_THREADS * 16L);
            }
        }
    }

    /** What must not grow. */
    private record State(long descriptors, long sockets, long heapBytes, long residentBytes, long hostBytes) {
        static State settled(final HostStack host, final State before, final Child... guests) {
            return Settling.await(before, () -> of(host, guests), (now, then) -> now.sockets == then.sockets);
        }

        private static State of(final HostStack host, final Child... guests) {
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
