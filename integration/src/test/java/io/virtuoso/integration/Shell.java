package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Commands that end by themselves, within a time limit. */
final class Shell {
    /**
     * @param status exit status
     * @param output what the command wrote to both outputs
     */
    record Result(int status, String output) {}

    private Shell() {}

    /** Runs a command that must succeed. @return its output */
    static String check(final Duration limit, final String... command) {
        return check(limit, List.of(command));
    }

    /** Runs a command that must succeed. @return its output */
    static String check(final Duration limit, final List<String> command) {
        final Result result = run(limit, command);
        if (result.status() != 0) {
            throw new AssertionError(
                    String.join(" ", command) + " ended with status " + result.status() + ":\n" + result.output());
        }
        return result.output();
    }

    /** Runs a command; it and all its children are killed when the time is up. */
    static Result run(final Duration limit, final List<String> command) {
        try {
            final Path output = Files.createTempFile("virtuoso-test", ".out");
            try {
                final Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                        .redirectOutput(output.toFile())
                        .start();
                final boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    Child.killTree(process.toHandle());
                    process.waitFor();
                }
                final String text = Files.readString(output);
                return ended
                        ? new Result(process.exitValue(), text)
                        : new Result(-1, text + "\n(killed after " + limit + ")");
            } finally {
                Files.delete(output);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
