package io.virtuoso.bench.side;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that runs until it is closed: a server, the host stack. Its output goes to a file. */
public final class Child implements AutoCloseable {
    private static final long STOP_MILLIS = 3000;

    private final Process process;
    private final Path log;
    private final int logged;
    private final String name;

    private Child(final Process process, final Path log, final int logged, final String name) {
        this.process = process;
        this.log = log;
        this.logged = logged;
        this.name = name;
    }

    /**
     * Starts a program.
     *
     * @param log where both its standard output and error go, behind what is there already
     */
    public static Child start(
            final String name, final List<String> command, final Map<String, String> environment, final Path log)
            throws BenchException {
        final ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        try {
            final int logged = Files.exists(log) ? (int) Files.size(log) : 0;
            return new Child(builder.start(), log, logged, name);
        } catch (final IOException e) {
            throw new BenchException("cannot start " + name + ": " + e.getMessage(), e);
        }
    }

    /** @return process ids of the program and of everything it started */
    public List<Long> pids() {
        final List<Long> pids = new ArrayList<>();
        pids.add(process.pid());
        process.descendants().map(ProcessHandle::pid).forEach(pids::add);
        return pids;
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Waits until a line of the program's output is exactly the given one. */
    public void awaitLine(final String line, final Duration limit) throws BenchException {
        final long giveUp = System.nanoTime() + limit.toNanos();
        while (output().lines().noneMatch(line::equals)) {
            if (!process.isAlive()) {
                throw new BenchException(name + " ended with status " + process.exitValue() + ": " + lastWords());
            }
            if (System.nanoTime() > giveUp) {
                throw new BenchException(name + " did not say '" + line + "' within " + limit.toSeconds() + " s");
            }
            pause();
        }
    }

    /** Waits until the program has ended by itself. @return its exit status */
    public int awaitStatus(final Duration limit) throws BenchException {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new BenchException(name + " did not end within " + limit.toSeconds() + " s");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
        return process.exitValue();
    }

    /** Waits until the program has ended by itself, which must be a success. */
    public void awaitEnd(final Duration limit) throws BenchException {
        final int status = awaitStatus(limit);
        if (status != 0) {
            throw new BenchException(name + " ended with status " + status + ": " + lastWords());
        }
    }

    /** @return the end of the program's output, on one line */
    public String lastWords() throws BenchException {
        final List<String> lines = output().lines().toList();
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    }

    private String output() throws BenchException {
        try {
            final byte[] all = Files.readAllBytes(log);
            return new String(all, logged, all.length - logged, StandardCharsets.UTF_8);
        } catch (final IOException e) {
            throw new BenchException("cannot read " + log + ": " + e.getMessage(), e);
        }
    }

    private static void pause() throws BenchException {
        try {
            Thread.sleep(20);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    /** Asks the program to end, and after 3 s makes it end, with all that it started. */
    @Override
    public void close() {
        final List<ProcessHandle> descendants = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (final InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        descendants.forEach(ProcessHandle::destroyForcibly);
    }
}
