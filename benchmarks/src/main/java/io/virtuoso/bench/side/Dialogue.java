package io.virtuoso.bench.side;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program that runs until it is closed and answers each line of its input with a line of output. */
public final class Dialogue implements AutoCloseable {
    private static final long STOP_MILLIS = 3000;
    private static final String END = "(end of output)";

    private final String name;
    private final Process process;
    private final BufferedWriter in;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    private Dialogue(final String name, final Process process) {
        this.name = name;
        this.process = process;
        this.in = process.outputWriter(StandardCharsets.US_ASCII);
    }

    /**
     * Starts a program.
     *
     * @param log where its standard error goes
     */
    public static Dialogue start(final String name, final List<String> command, final Path log) throws BenchException {
        try {
            final Dialogue started = new Dialogue(
                    name,
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start());
            Thread.ofPlatform().daemon().name(name).start(started::listen);
            return started;
        } catch (final IOException e) {
            throw new BenchException("cannot start " + name + ": " + e.getMessage(), e);
        }
    }

    private void listen() {
        try (BufferedReader out = process.inputReader(StandardCharsets.US_ASCII)) {
            out.lines().forEach(answers::add);
        } catch (final IOException | java.io.UncheckedIOException e) {
            // It was killed; the end follows.
        }
        answers.add(END);
    }

    /** Says a line and waits for the answer. */
    public String ask(final String line, final Duration limit) throws BenchException {
        try {
            in.write(line + "\n");
            in.flush();
            final String answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (answer == null) {
                throw new BenchException(name + " did not answer '" + line + "' within " + limit.toSeconds() + " s");
            }
            if (answer.equals(END)) {
                throw new BenchException(name + " ended instead of answering '" + line + "'");
            }
            return answer;
        } catch (final IOException e) {
            throw new BenchException(name + " does not listen: " + e.getMessage(), e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Asks the program to end, and after 3 s makes it end. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (final InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
