package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Debian's wrk, unmodified, of which every request must be answered, however long that takes. */
final class Wrk {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    /** Of a slow machine, on which two seconds may pass without an answer. */
    private static final int MOST_ROUNDS = 20;

    private Wrk() {}

    /**
     * Runs it in some places at the same time, for two seconds or until each has had answers.
     *
     * @param places  each starts a command
     * @param options and the URL
     */
    static void shouldBeServed(final List<Function<String[], Child>> places, final String... options) {
        // By itself it counts an answer that takes two seconds as an error.
        final List<String> command = new ArrayList<>(List.of("wrk", "-d", "2", "--timeout", "60"));
        command.addAll(List.of(options));
        boolean answered = false;
        for (int round = 0; round < MOST_ROUNDS && !answered; round++) {
            answered = run(places, command.toArray(String[]::new));
        }
        assertTrue(answered, () -> "never answered: " + command);
    }

    /** @return whether each had answers */
    private static boolean run(final List<Function<String[], Child>> places, final String[] command) {
        final List<Child> all =
                places.stream().map(place -> place.apply(command)).toList();
        try {
            boolean answered = true;
            for (final Child one : all) {
                final String said = one.awaitSuccess(LIMIT);
                assertTrue(said.contains("requests in"), said);
                assertFalse(said.contains("Socket errors") || said.contains("Non-2xx"), said);
                answered &= !said.contains(" 0 requests in");
            }
            return answered;
        } finally {
            all.forEach(Child::close);
        }
    }
}
