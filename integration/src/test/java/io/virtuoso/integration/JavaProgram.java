package io.virtuoso.integration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of {@code integration/apps}, which knows nothing of Virtuoso, in a JVM.
 *
 * @param jdk     whose java runs it
 * @param main    class, without its package
 * @param options for the JVM
 */
record JavaProgram(Jdk jdk, String main, List<String> options) {
    static final Path AGENT = Repository.ROOT.resolve(
            System.getProperty("virtuoso.test.agent", "guest-shim-jvm/target/virtuoso-guest.jar"));
    private static final Path PROGRAMS =
            Repository.ROOT.resolve(System.getProperty("virtuoso.test.apps", "integration/apps/target"));
    /** For JVMs that are not under test. */
    private static final String QUICK_START = "-XX:TieredStopAtLevel=1";

    private static final List<String> STANDARD = List.of(
            "-XX:+UseSerialGC",
            "-Xms32m",
            "-Xmx512m",
            "-XX:ErrorFile=" + PROGRAMS + "/hs_err_pid%p.log",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info");

    JavaProgram(final Jdk jdk, final String main, final String... options) {
        this(jdk, main, List.of(options));
    }

    /** @return the agent's jar, which must be built */
    static Path agent() {
        if (!Files.exists(AGENT)) {
            throw new AssertionError(AGENT + " is not built; run: mvn package -pl guest-shim-jvm -am -DskipTests");
        }
        return AGENT;
    }

    /** Starts it as a guest. */
    Child start(final Guest guest, final String... arguments) {
        return Child.start(guest.name() + "-" + main, guestCommand(guest, arguments));
    }

    /** Runs it as a guest to its end, which must be a success. @return its output */
    String check(final Guest guest, final Duration limit, final String... arguments) {
        try (Child child = start(guest, arguments)) {
            return verified(child, limit);
        }
    }

    /** Starts it on the machine's own kernel stack. */
    Child startInKernel(final Machine machine, final String... arguments) {
        return Child.start("kernel-" + main, machine.inKernel(command(List.of(QUICK_START), arguments)));
    }

    /** Runs it on the machine's own kernel stack to its end, which must be a success. @return its output */
    String checkInKernel(final Machine machine, final Duration limit, final String... arguments) {
        try (Child child = startInKernel(machine, arguments)) {
            return verified(child, limit);
        }
    }

    /** Fails if a JVM of these tests has crashed. */
    static void assertNoCrash(final Child child) {
        if (child.output().contains("A fatal error has been detected")) {
            throw child.failure("crashed");
        }
    }

    private String verified(final Child child, final Duration limit) {
        final String said = child.awaitSuccess(limit);
        if (said.contains("virtuoso")) {
            throw child.failure("was not silent about Virtuoso");
        }
        return said;
    }

    private List<String> guestCommand(final Guest guest, final String... arguments) {
        if (guest.socket().isEmpty()) {
            return guest.home().inside(command(List.of(), arguments));
        }
        final List<String> all = new ArrayList<>(List.of("env", "VIRTUOSO_GUEST_SOCKET=" + guest.socket()));
        all.addAll(command(List.of("-javaagent:" + agent()), arguments));
        return guest.home().inside(all);
    }

    /** @return the words that start it */
    List<String> command(final List<String> first, final String... arguments) {
        final List<String> all = new ArrayList<>(List.of(jdk.java()));
        all.addAll(first);
        all.addAll(STANDARD);
        all.addAll(options);
        all.addAll(List.of("-cp", PROGRAMS + "/classes:" + PROGRAMS + "/lib/*", "io.virtuoso.apps." + main));
        all.addAll(List.of(arguments));
        return all;
    }
}
