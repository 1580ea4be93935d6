package io.virtuoso.bench.side;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs short commands to their end. */
public final class Shell {
    private static final Duration SHORT = Duration.ofSeconds(60);

    private Shell() {}

    /**
     * What a command left behind.
     *
     * @param status exit status
     * @param out standard output
     * @param err standard error
     */
    public record Output(int status, String out, String err) {}

    /** Runs a command that must succeed within a minute; returns its standard output. */
    public static String run(final String... command) throws BenchException {
        final Output output = run(List.of(command), Map.of(), SHORT);
        if (output.status() != 0) {
            throw new BenchException(describe(List.of(command), output));
        }
        return output.out();
    }

    /** Runs a command; kills it and throws when it takes longer than the limit. */
    public static Output run(final List<String> command, final Map<String, String> environment, final Duration limit)
            throws BenchException {
        try {
            final Path out = Files.createTempFile("virtuoso-bench", ".out");
            final Path err = Files.createTempFile("virtuoso-bench", ".err");
            try {
                return run(command, environment, limit, out, err);
            } finally {
                Files.deleteIfExists(out);
                Files.deleteIfExists(err);
            }
        } catch (final IOException e) {
            throw new BenchException("cannot run " + String.join(" ", command) + ": " + e.getMessage(), e);
        }
    }

    private static Output run(
            final List<String> command,
            final Map<String, String> environment,
            final Duration limit,
            final Path out,
            final Path err)
            throws IOException, BenchException {
        final ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().putAll(environment);
        final Process process = builder.start();
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                kill(process);
                throw new BenchException(String.join(" ", command) + " was not done after " + limit.toSeconds() + " s");
            }
        } catch (final InterruptedException e) {
            kill(process);
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
        return new Output(process.exitValue(), read(out), read(err));
    }

    private static void kill(final Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static String read(final Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    /** @return one line saying which command failed, how, and its last complaint */
    public static String describe(final List<String> command, final Output output) {
        final String err = output.err().strip();
        final String last = err.substring(err.lastIndexOf('\n') + 1);
        return String.join(" ", command) + " ended with status " + output.status()
                + (last.isEmpty() ? "" : ": " + last);
    }
}
