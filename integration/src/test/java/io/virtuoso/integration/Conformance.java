package io.virtuoso.integration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/** The cases of the C program {@code conformance}, one test each. */
final class Conformance {
    static final int PEER_PORT = 7000;
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int SKIPPED = 77;

    private Conformance() {}

    /**
     * @param prefix      of the cases' names
     * @param environment NAME=VALUE words for the cases
     * @param where       turns a command line into one that runs in the right place
     * @return one test per case
     */
    static Stream<DynamicTest> tests(
            final String prefix, final List<String> environment, final UnaryOperator<List<String>> where) {
        final String program = Repository.program("conformance");
        return Shell.check(LIMIT, program, "--list")
                .lines()
                .filter(name -> name.startsWith(prefix))
                .map(name -> DynamicTest.dynamicTest(name, () -> run(name, environment, where)));
    }

    private static void run(
            final String name, final List<String> environment, final UnaryOperator<List<String>> where) {
        final List<String> command = new ArrayList<>(List.of("env"));
        command.addAll(environment);
        command.addAll(List.of(Repository.program("conformance"), "--run", name));
        final Shell.Result result = Shell.run(LIMIT, where.apply(command));
        Assumptions.assumeFalse(result.status() == SKIPPED, result.output());
        Assertions.assertEquals(0, result.status(), () -> name + ": " + result.output());
    }
}
