package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Policies, and changes of the configuration under traffic, as real programs and this machine's kernel see them. */
@Tag("slow")
class PolicyE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String PORT = "7200";
    /** Of programs that are not answered, and of those that are. */
    private static final String PATIENCE_MS = "1500";

    private static final String LONG_PATIENCE_MS = "30000";
    /** What {@code pump} ends with when its connection ends. */
    private static final int ENDED = 3;

    private static final int STORM = 100;
    private static final String GUESTS = """
            guests:
              - {name: server, network: test, address: 10.88.0.20, labels: {tier: back}}
              - {name: client, network: test, address: 10.88.0.21, labels: {tier: front}}
            """;

    private HostStack host;
    private Guest server;
    private Guest client;

    @BeforeEach
    void shouldStart() {
        host = HostStack.start(GUESTS);
        server = host.guest("server");
        client = host.guest("client");
    }

    @AfterEach
    void shouldStop() {
        host.close();
    }

    /** Puts a policy in force. @return what {@code apply} said */
    private String policy(final String policy) {
        host.configure("policy: " + policy, GUESTS);
        final Shell.Result result = host.apply();
        assertEquals(0, result.status(), result::output);
        return result.output();
    }

    private void assertReached(final String expected, final String protocol) {
        assertEquals(
                expected,
                client.check(LIMIT, question(expected, protocol, server.address()))
                        .strip());
    }

    private void assertReachedFromKernel(final String expected, final String protocol) {
        assertEquals(
                expected,
                host.checkInKernel(LIMIT, question(expected, protocol, server.address()))
                        .strip());
    }

    /** @return a command that takes its time if an answer is expected */
    private static String[] question(final String expected, final String protocol, final String address) {
        final String patience = expected.equals("no answer") ? PATIENCE_MS : LONG_PATIENCE_MS;
        return new String[] {Repository.program("reach"), protocol, address, PORT, patience};
    }

    private Child serve() {
        final Child child = server.start(Repository.program("reach"), "serve", server.address(), PORT);
        child.awaitLine("serving", SOON);
        return child;
    }

    private Child echo() {
        final Child child = server.start(Repository.program("connections"), "serve", PORT);
        child.awaitLine("serving", SOON);
        return child;
    }

    @Test
    void shouldRefuseBetweenGuestsAsTheRuleSays() {
        try (Child listening = serve()) {
            assertReached("connected", "tcp");
            for (final String errno : List.of("ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EACCES")) {
                policy("{rules: [{direction: in, labels: {tier: back}, peer: {labels: {tier: front}}, protocol: tcp,"
                        + " port: 7200, action: refuse, errno: " + errno + "}]}");
                assertReached(errno, "tcp");
                policy("{rules: [{direction: out, guest: client, action: refuse, errno: " + errno + "}]}");
                assertReached(errno, "tcp");
            }
            policy("{default: deny}");
            assertReached("ECONNREFUSED", "tcp");
            policy("{default: {in: drop}}");
            assertReached("no answer", "tcp");
            policy("{default: drop, rules: [{direction: out, guest: client, port: 7200, action: allow},"
                    + " {direction: in, guest: server, peer: {guest: client}, action: allow}]}");
            assertReached("connected", "tcp");
            assertTrue(host.ask("policy").lines().anyMatch(row -> row.matches(".*allow +1")), () -> host.ask("policy"));
            assertTrue(listening.isAlive());
        }
    }

    @Test
    void shouldRefuseTheKernelsProgramsByRstAndDropInSilence() {
        try (Child listening = serve()) {
            assertReachedFromKernel("connected", "tcp");
            policy("{default: deny}");
            assertReachedFromKernel("ECONNREFUSED", "tcp");
            policy("{rules: [{direction: in, protocol: tcp, peer: {cidr: 10.88.0.1}, action: refuse,"
                    + " errno: EHOSTUNREACH}]}");
            assertReachedFromKernel("EHOSTUNREACH", "tcp");
            assertReachedFromKernel("answer", "icmp");
            assertReached("connected", "tcp"); // guests are not meant
            policy("{rules: [{direction: in, peer: {cidr: 10.88.0.0/24}, action: drop}]}");
            assertReachedFromKernel("no answer", "tcp");
            assertReachedFromKernel("no answer", "icmp");
            policy("{default: drop, rules: [{direction: in, protocol: icmp, action: allow}]}");
            assertReachedFromKernel("answer", "icmp");
            assertReachedFromKernel("no answer", "tcp");
            assertTrue(statistic("drop.policy_dropped") > 0);
            assertTrue(listening.isAlive());
        }
    }

    @Test
    void shouldJudgeDatagramsByWhoBegan() {
        try (Child listening = serve()) {
            assertReached("answer", "udp");
            policy("{default: deny}");
            assertReached("ECONNREFUSED", "udp");
            assertReachedFromKernel("ECONNREFUSED", "udp");
            policy("{default: {in: drop, out: deny}, rules: [{direction: in, protocol: udp, port: 7200, action: allow},"
                    + " {direction: out, guest: client, action: allow}]}");
            assertReached("answer", "udp");
            assertReachedFromKernel("answer", "udp");
            policy("{default: {in: drop}}");
            assertReachedFromKernel("no answer", "udp");
            assertTrue(listening.isAlive());
        }
    }

    @Test
    void shouldTouchOnlyConnectionsThatAreForbidden() {
        try (Child echo = echo();
                Child near = client.start(Repository.program("pump"), server.address(), PORT, "600");
                Child far = host.startInKernel(Repository.program("pump"), server.address(), PORT, "600")) {
            near.awaitLine("connected", SOON);
            far.awaitLine("connected", SOON);
            policy("{default: deny, rules: [{direction: in, port: 7200, action: allow},"
                    + " {direction: out, guest: client, action: allow}]}");
            Child.pause(300);
            assertTrue(near.isAlive() && far.isAlive());
            final String said = policy("{default: deny, rules: [{direction: in, peer: {guest: client}, action: allow},"
                    + " {direction: out, guest: client, action: allow}]}");
            assertEquals("network test changed: policy\n1 connection reset\n", said);
            assertEquals(ENDED, far.awaitEnd(SOON), far::output);
            assertTrue(far.output().contains("ended: ECONNRESET"), far::output);
            assertTrue(near.isAlive());
            policy("{default: deny}");
            assertEquals(ENDED, near.awaitEnd(SOON), near::output);
            assertTrue(near.output().contains("ended: ECONNRESET"), near::output);
            policy("{}");
            client.check(LIMIT, Repository.program("pump"), server.address(), PORT, "1");
            assertTrue(echo.isAlive());
        }
    }

    /** A change for every 50 ms or so, half of them by SIGHUP, while connections from both sides carry checked blocks. */
    @Test
    void shouldLoseNothingInAStormOfChanges() {
        try (Child echo = echo();
                Child near = client.start(Repository.program("pump"), server.address(), PORT, "8");
                Child far = host.startInKernel(Repository.program("pump"), server.address(), PORT, "8")) {
            near.awaitLine("connected", SOON);
            far.awaitLine("connected", SOON);
            for (int i = 0; i < STORM; i++) {
                final String labels = i % 2 == 0 ? "{tier: front, turn: t" + i + "}" : "[tier]";
                host.configure(
                        "policy: {default: drop, rules: [{direction: in, port: 7200, action: allow}, {direction: out,"
                                + " labels: [tier], port: " + (i + 1) + "-7200, action: allow}]}",
                        GUESTS.replace("{tier: front}", labels));
                if (i % 2 == 0) {
                    host.ask("apply");
                } else {
                    host.hangUp();
                    Child.pause(20);
                }
            }
            assertTrue(near.awaitSuccess(LIMIT).contains("right: "), near::output);
            assertTrue(far.awaitSuccess(LIMIT).contains("right: "), far::output);
            assertEquals(0, statistic("policy.reset"));
            assertTrue(echo.isAlive());
        }
    }

    @Test
    void shouldShowJavaProgramsTheExceptionsTheyKnow() {
        final JavaProgram program = new JavaProgram(Jdk.newest(), "Reach");
        try (Child listening = serve()) {
            policy("{default: deny}");
            assertSeen("ConnectException: Connection refused", program);
            policy("{rules: [{direction: in, action: refuse, errno: EHOSTUNREACH}]}");
            assertSeen("NoRouteToHostException: No route to host", program);
            policy("{rules: [{direction: in, action: refuse, errno: ENETUNREACH}]}");
            assertSeen("SocketException: Network is unreachable", program);
            policy("{default: {in: drop}}");
            assertEquals(
                    "socket java.net.SocketTimeoutException: Connect timed out\n",
                    program.check(client, LIMIT, server.address(), PORT, "500"));
            assertTrue(listening.isAlive());
        }
    }

    private void assertSeen(final String exception, final JavaProgram program) {
        assertEquals(
                List.of("socket java.net." + exception, "channel java.net." + exception),
                program.check(client, LIMIT, server.address(), PORT, "0")
                        .lines()
                        .toList());
    }

    @Test
    void shouldSayInOneLineWhatIsWrongAndChangeNothing() {
        policy("{default: deny}");
        host.configure("policy: {default: maybe}", GUESTS);
        final Shell.Result wrong = host.apply();
        assertEquals(2, wrong.status(), wrong::output);
        assertEquals(1, wrong.output().lines().count(), wrong::output);
        assertTrue(wrong.output().contains("config.yaml:2: bad default 'maybe'; give "), wrong::output);
        host.configure("policy: {}", GUESTS.replace("10.88.0.21", "10.88.0.22"));
        final Shell.Result moved = host.apply("-c", host.configuration());
        assertEquals(2, moved.status(), moved::output);
        assertTrue(moved.output().contains(":5: guest 'client' has the address 10.88.0.21; "), moved::output);
        assertEquals(2, host.apply("-c", "/nonexistent").status());
        try (Child listening = serve()) {
            assertReached("ECONNREFUSED", "tcp"); // the policy that was
            assertTrue(listening.isAlive());
        }
    }

    @Test
    void shouldAddAndRemoveGuests() {
        try (Child echo = echo();
                Child near = client.start(Repository.program("pump"), server.address(), PORT, "600")) {
            near.awaitLine("connected", SOON);
            host.configure("", """
                    guests:
                      - {name: client, network: test, address: 10.88.0.21}
                      - {name: third, network: test, address: 10.88.0.30}
                    """);
            final Shell.Result result = host.apply();
            assertEquals(
                    "guest third added\nguest server removed\nguest client changed: labels\n1 connection reset\n",
                    result.output());
            assertEquals(ENDED, near.awaitEnd(SOON), near::output);
            assertTrue(near.output().contains("ended: ECONNRESET"), near::output);
            host.awaitCounter("attachments.ended.guest_removed", 1);
            assertEquals("10.88.0.30", host.guest("third").address());
            final String[] own = {Repository.program("reach"), "serve", "10.88.0.30", PORT};
            try (Child fresh = host.guest("third").start(own)) {
                fresh.awaitLine("serving", SOON);
                final String[] question = question("connected", "tcp", "10.88.0.30");
                assertEquals("connected", client.check(LIMIT, question).strip());
            }
            assertTrue(echo.isAlive(), echo::output);
            host.configure("", GUESTS);
            assertEquals(
                    "guest server added\nguest third removed\nguest client changed: labels\n",
                    host.apply().output());
            host.awaitPort(server, Integer.parseInt(PORT)); // the listener of a guest that comes back serves again
            client.check(LIMIT, Repository.program("pump"), server.address(), PORT, "1");
        }
    }

    private long statistic(final String name) {
        return host.ask("stats")
                .lines()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(words -> words.length == 2 && words[0].equals(name))
                .mapToLong(words -> Long.parseLong(words[1]))
                .findFirst()
                .orElseThrow();
    }
}
