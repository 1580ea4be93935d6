package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What Java programs see when a JVM guest or the host stack dies in the middle of traffic: errors, soon, and no crash. */
@Tag("slow")
@ParameterizedClass
@MethodSource("io.virtuoso.integration.Jdk#all")
class JvmFailureE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** From a death to the last peer's error. */
    private static final Duration SOON = Duration.ofSeconds(40);

    private static final String PORT = "7100";
    /** Connections of one pump: four APIs, three busy ones and one that waits in each. */
    private static final int CONNECTIONS = 16;

    private HostStack host;
    private Guest server;
    private Guest client;

    @Parameter
    private Jdk jdk;

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
    void shouldTellPeersWhenAJvmIsKilled() {
        final List<Child> pumps = List.of(
                program("EchoPump").start(client, server.address(), PORT),
                program("EchoPump").startInKernel(host, server.address(), PORT));
        try {
            try (Child echo = serve()) {
                pumps.forEach(pump -> pump.awaitLine("connected", CONNECTIONS, LIMIT));
                Child.pause(500);
                echo.worker().destroyForcibly();
                pumps.forEach(pump -> pump.awaitLine("ended", CONNECTIONS, SOON));
            }
            try (Child again = serve()) {
                pumps.forEach(pump -> pump.awaitLine("connected", 2 * CONNECTIONS, LIMIT));
                Child.pause(300);
                pumps.forEach(JvmFailureE2eTest::assertRight);
                assertTrue(again.isAlive());
            }
        } finally {
            pumps.forEach(Child::close);
        }
    }

    @Test
    void shouldReclaimAllOfAKilledJvm() {
        try (Child echo = serve();
                Child pump = program("EchoPump").start(client, server.address(), PORT)) {
            pump.awaitLine("connected", CONNECTIONS, LIMIT);
            Child.pause(300);
            pump.worker().destroyForcibly();
            awaitSockets(3); // the listeners
            assertTrue(echo.isAlive());
        }
    }

    @Test
    void shouldServeAgainAfterTheHostStackDied() {
        try (Child echo = serve();
                Child near = program("EchoPump").start(client, server.address(), PORT)) {
            near.awaitLine("connected", CONNECTIONS, LIMIT);
            for (int round = 1; round <= 3; round++) {
                Child.pause(500);
                if (round == 2) {
                    host.down();
                } else {
                    host.kill();
                }
                near.awaitLine("ended", CONNECTIONS * round, SOON);
                Child.pause(200);
                host.up();
                near.awaitLine("connected", CONNECTIONS * (round + 1), LIMIT);
            }
            try (Child far = program("EchoPump").startInKernel(host, server.address(), PORT)) {
                far.awaitLine("connected", CONNECTIONS, LIMIT);
                Child.pause(300);
                assertRight(far);
            }
            assertRight(near);
            JavaProgram.assertNoCrash(echo);
            assertTrue(echo.isAlive());
            assertFalse(echo.output().contains("failed"), echo::output);
        }
    }

    /** How listeners come back is the same on all JDKs, and shown above; these are servers as people have them. */
    @Test
    void shouldKeepKnownServersThroughARestart() {
        assumeTrue(jdk.isNewest());
        try (Child servers = program("HttpServers").start(server, "8001")) {
            servers.awaitLine("serving", LIMIT);
            host.kill();
            Child.pause(200);
            host.up();
            for (int port = 8001; port <= 8004; port++) {
                host.awaitPort(server, port);
            }
            program("HttpChecks").check(client, Duration.ofMinutes(3), JvmHttpE2eTest.eachServer(server.address()));
            assertTrue(servers.isAlive());
            JavaProgram.assertNoCrash(servers);
        }
    }

    private JavaProgram program(final String main) {
        return new JavaProgram(jdk, main);
    }

    private Child serve() {
        final Child echo = program("EchoServer").start(server, PORT);
        echo.awaitLine("serving", LIMIT);
        return echo;
    }

    private static void assertRight(final Child pump) {
        pump.say("end");
        assertTrue(pump.awaitSuccess(LIMIT).contains("right: "), pump::output);
        assertFalse(pump.output().contains("right: 0 "), pump::output);
        JavaProgram.assertNoCrash(pump);
    }

    private void awaitSockets(final long count) {
        final long end = System.nanoTime() + SOON.toNanos();
        while (sockets() != count) {
            assertTrue(System.nanoTime() < end, () -> host.ask("ss"));
            Child.pause(20);
        }
    }

    private long sockets() {
        return host.ask("ss").lines().filter(line -> line.contains(":71")).count();
    }
}
