package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** JVMs whose standard input is a socket of the guest, as {@code System.inheritedChannel} and inetd have it. */
class JvmInheritedE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    static final List<Jdk> JDKS = Jdk.all();

    private static Machine machine;
    private static int nextPort = 7000;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
    }

    @ParameterizedTest
    @FieldSource("JDKS")
    void shouldInheritAConnectionFromAGuest(final Jdk jdk) throws IOException {
        final Guest server = machine.guest("server");
        final Guest client = machine.guest("client");
        final int port = nextPort++;
        final Path report = report();
        try (Child inetd = inetd(server, "nowait", port, program(jdk, report))) {
            client.check(LIMIT, talk(server.address(), port));
            inetd.awaitSuccess(LIMIT);
        }
        assertEquals(connection(server.address(), port, client.address()), Files.readString(report));
    }

    @ParameterizedTest
    @FieldSource("JDKS")
    void shouldInheritAConnectionFromTheKernel(final Jdk jdk) throws IOException {
        final Guest server = machine.guest("server");
        final int port = nextPort++;
        final Path report = report();
        try (Child inetd = inetd(server, "nowait", port, program(jdk, report))) {
            machine.checkInKernel(LIMIT, talk(server.address(), port));
            inetd.awaitSuccess(LIMIT);
        }
        assertEquals(connection(server.address(), port, Machine.KERNEL_ADDRESS), Files.readString(report));
    }

    @ParameterizedTest
    @FieldSource("JDKS")
    void shouldInheritAListener(final Jdk jdk) throws IOException {
        final Guest server = machine.guest("server");
        final int port = nextPort++;
        final Path report = report();
        try (Child inetd = inetd(server, "wait", port, program(jdk, report))) {
            machine.guest("client").check(LIMIT, talk(server.address(), port));
            inetd.awaitSuccess(LIMIT);
        }
        assertEquals(
                "listens on 0.0.0.0:" + port + "\nblocks\nstandard input is /dev/null\n", Files.readString(report));
    }

    /** A JVM passes on what it was started with. */
    @ParameterizedTest
    @FieldSource("JDKS")
    void shouldInheritFromAJvm(final Jdk jdk) throws IOException {
        final Guest server = machine.guest("server");
        final Guest client = machine.guest("client");
        final int port = nextPort++;
        final Path report = report();
        try (Child inetd = inetd(server, "nowait", port, program(jdk, report, "and pass on"))) {
            client.check(LIMIT, talk(server.address(), port));
            inetd.awaitSuccess(LIMIT);
        }
        assertEquals(connection(server.address(), port, client.address()), Files.readString(report));
    }

    private static Path report() {
        return machine.folder("reports").resolve("report" + nextPort);
    }

    private static List<String> program(final Jdk jdk, final Path report, final String... more) {
        final List<String> arguments = new ArrayList<>(List.of(report.toString()));
        arguments.addAll(List.of(more));
        return new JavaProgram(jdk, "InheritedEcho").command(List.of(), arguments.toArray(String[]::new));
    }

    private static Child inetd(final Guest guest, final String how, final int port, final List<String> program) {
        final List<String> command = new ArrayList<>(List.of(Repository.program("inetd"), how, Integer.toString(port)));
        command.addAll(program);
        final Child child = guest.start(command.toArray(String[]::new));
        child.awaitLine("listening", LIMIT);
        return child;
    }

    /** Is echoed blocks for a second; the first is sent before the JVM is there. */
    private static String[] talk(final String address, final int port) {
        return new String[] {Repository.program("pump"), address, Integer.toString(port), "1"};
    }

    private static String connection(final String own, final int port, final String peer) {
        return "is " + own + ":" + port + "\ntalks to " + peer + "\nblocks\nstandard input is /dev/null\n";
    }
}
