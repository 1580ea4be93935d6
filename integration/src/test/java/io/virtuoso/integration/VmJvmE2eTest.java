package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** JVMs in virtual machines without a network card are guests: as clients, as servers, and with a socket as standard input. */
@Tag("slow")
class VmJvmE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String[] SIZES = {"0", "1", "612", "16383", "65537", "300000", "3000000"};
    private static final String OPTIONS =
            " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xmx64m -cp /classes io.virtuoso.apps.";
    private static final int ECHO_PORT = 7000;
    private static final int INHERITED_PORT = 7100;
    /** Each of four APIs has three that are busy, and one that waits. */
    private static final int CONNECTIONS = 16;
    /** What the agent says at a JVM's end; that its sockets were the host stack's. */
    private static final String SERVED = "sockets of the host stack";

    static final List<Jdk> JDKS = Jdk.all();

    private static HostStack host;
    private static Guest files;
    private static Nginx nginx;

    @BeforeAll
    static void shouldServeFiles() {
        host = HostStack.start();
        files = host.guest("files");
        nginx = Nginx.start(host, files, false, SIZES);
    }

    @AfterAll
    static void shouldStop() {
        nginx.close();
        host.close();
    }

    @AfterEach
    void shouldServeAfterwards() {
        assertTrue(host.isAlive(), host::log);
    }

    private static GuestMachine start(final Jdk jdk) {
        final Path runtime = JavaRuntime.of(jdk);
        final Path classes = Repository.ROOT.resolve("integration/apps/target/classes");
        final String java = runtime.resolve("bin/java") + OPTIONS.replace("/classes", classes.toString());
        final String inetd = Repository.program("inetd");
        final String script = "export VIRTUOSO_STATS=1; "
                + java + "HttpChecks HTTP_1_1 HTTP_1_1 files http://" + files.address() + " && "
                + inetd + " nowait " + INHERITED_PORT + " " + java + "InheritedEcho /tmp/report && "
                + "cat /tmp/report && exec " + java + "EchoServer " + ECHO_PORT;
        final List<String> options =
                List.of("--memory", "512M", "--add", runtime.toString(), "--add", classes.toString(), "--add", inetd);
        return GuestMachine.start(host, "java" + jdk.feature(), options, script);
    }

    /** Every byte is checked. */
    @ParameterizedTest
    @FieldSource("JDKS")
    void shouldBeClientAndServerAndInherit(final Jdk jdk) {
        final Traffic traffic = Traffic.since(host);
        try (GuestMachine machine = start(jdk)) {
            machine.awaitSaid("all right");
            assertTrue(machine.awaitSaid(SERVED).matches(".*: [1-9].*"), () -> machine.awaitSaid(SERVED));
            traffic.assertLocal(5_000_000);
            machine.awaitSaid("listening");
            final String address = machine.guest().address();
            host.guest("client").check(LIMIT, Repository.program("pump"), address, "" + INHERITED_PORT, "1");
            assertEquals(
                    "is " + address + ":" + INHERITED_PORT,
                    machine.awaitSaid("is 10.").strip());
            machine.awaitPorts(ECHO_PORT, ECHO_PORT + 1, ECHO_PORT + 2);
            pump(jdk, address);
        }
    }

    /** Through every API of Java, from a JVM that is a guest on this machine. */
    private static void pump(final Jdk jdk, final String address) {
        try (Child pump = new JavaProgram(jdk, "EchoPump").start(host.guest("pump"), address, "" + ECHO_PORT)) {
            pump.awaitLine("connected", CONNECTIONS, LIMIT);
            Traffic.since(host).awaitLocal(100_000);
            pump.say("");
            assertTrue(pump.awaitSuccess(LIMIT).matches("(?s).*right: [1-9].*"), pump::output);
        }
    }
}
