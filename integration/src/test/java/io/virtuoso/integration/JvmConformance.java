package io.virtuoso.integration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;

/**
 * The cases of the Java program {@code integration/src/test/jvm}, one test each. One JVM runs all of them, while the
 * tests wait for what it says about each. With {@code -Dvirtuoso.test.conformance=PREFIX} only those whose names begin
 * so are run.
 */
final class JvmConformance {
    private static final Path SOURCES = Repository.ROOT.resolve("integration/src/test/jvm");
    private static final Path CLASSES = Repository.ROOT.resolve("integration/target/jvm");
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String JOBS = "3";

    private final Jdk jdk;
    private final Child child;
    private final Map<String, String> exclusions;

    private JvmConformance(final Jdk jdk, final Child child, final Map<String, String> exclusions) {
        this.jdk = jdk;
        this.child = child;
        this.exclusions = exclusions;
    }

    /**
     * Starts a JVM that runs the cases.
     *
     * @param environment NAME=VALUE words for the cases
     * @param options     of the JVM
     * @param where       turns a command line into one that runs in the right place
     * @param exclusions  cases that need not pass, by the beginnings of their names, and why
     */
    static JvmConformance start(
            final Jdk jdk,
            final List<String> environment,
            final List<String> options,
            final UnaryOperator<List<String>> where,
            final Map<String, String> exclusions) {
        final List<String> command = new ArrayList<>(List.of("env", "CONF_JOBS=" + JOBS));
        command.addAll(environment);
        command.addAll(command(jdk, options, System.getProperty("virtuoso.test.conformance", "--all")));
        return new JvmConformance(jdk, Child.start("conformance-" + jdk, where.apply(command)), exclusions);
    }

    /** Starts a JVM that is the other machine of the cross cases. */
    static Child startPeer(final Jdk jdk, final List<String> options, final UnaryOperator<List<String>> where) {
        return Child.start("peer-" + jdk, where.apply(command(jdk, options, "--peer")));
    }

    /** @return options that make a JVM a guest */
    static List<String> agent(final Guest guest) {
        return List.of("-javaagent:" + JavaProgram.agent() + "=guest-socket=" + guest.socket());
    }

    private static List<String> command(final Jdk jdk, final List<String> options, final String argument) {
        final List<String> command = new ArrayList<>(List.of(jdk.java(), "-XX:+UseSerialGC", "-Xmx768m"));
        command.addAll(options);
        command.addAll(List.of("-cp", Compiled.FOLDER.toString(), "io.virtuoso.conformance.Main", argument));
        return command;
    }

    /** @return a test for each case that is to run, and one for the program as a whole */
    DynamicContainer tests() {
        child.awaitLine("planned ", START);
        final List<String> names = child.output()
                .lines()
                .filter(line -> line.startsWith("plan "))
                .map(line -> line.substring("plan ".length()))
                .filter(name -> exclusions.keySet().stream().noneMatch(name::startsWith))
                .toList();
        return DynamicContainer.dynamicContainer(
                jdk.toString(),
                Stream.concat(
                        names.stream().map(name -> DynamicTest.dynamicTest(name, () -> check(name))),
                        Stream.of(DynamicTest.dynamicTest("whole program", this::checkWhole))));
    }

    private void check(final String name) {
        final String line = child.awaitLine("case " + name + " (", LIMIT);
        Assumptions.assumeFalse(line.contains("): skipped"), line);
        final String details = child.output()
                .lines()
                .filter(one -> one.startsWith("# " + name + ":"))
                .collect(Collectors.joining("\n"));
        Assertions.assertTrue(line.endsWith("): ok"), () -> line + "\n" + details);
    }

    /** It ends by itself and says nothing but what it should: no warning, no word of the agent. */
    private void checkWhole() {
        child.awaitLine("failed ", LIMIT);
        Assertions.assertTrue(child.awaitEnd(START) <= 1, "ended badly");
        final List<String> surplus = child.output()
                .lines()
                .filter(line -> !line.matches("(plan|planned|case|failed|#) .*"))
                .toList();
        Assertions.assertEquals(List.of(), surplus);
    }

    void close() {
        child.close();
    }

    /** Lazy: compiled on first use, for the oldest JDK. */
    private static final class Compiled {
        static final Path FOLDER = compile();

        private static Path compile() {
            final String javac =
                    Path.of(System.getProperty("java.home"), "bin", "javac").toString();
            Shell.check(
                    Duration.ofMinutes(10),
                    "sh",
                    "-c",
                    "mkdir -p '" + CLASSES + "' && find '" + SOURCES + "' -name '*.java' | xargs '" + javac
                            + "' --release 17 -Xlint:all,-options -Werror -d '" + CLASSES + "'");
            return CLASSES;
        }
    }
}
