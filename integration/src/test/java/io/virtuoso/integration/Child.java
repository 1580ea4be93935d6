package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A process that runs beside a test. Its output goes to a log that is kept. It ends with the test, with this JVM, and in
 * any case after an hour.
 */
final class Child implements AutoCloseable {
    private static final String LONGEST_LIFE_SECONDS = "3600";
    private static final Set<Child> LIVING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> LIVING.forEach(Child::close), "kill-children"));
    }

    private final String name;
    private final Process process;
    private final Path log;

    private Child(final String name, final Process process, final Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        LIVING.add(this);
    }

    /**
     * @param name    for messages and the log's name
     * @param command run in a process group of its own
     */
    static Child start(final String name, final List<String> command) {
        final List<String> limited = new ArrayList<>(List.of("timeout", "-k", "1", LONGEST_LIFE_SECONDS));
        limited.addAll(command);
        try {
            final Path log = Repository.log(name);
            final Process process = new ProcessBuilder(limited)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return new Child(name, process, log);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the output has a whole line that contains a text. @return that line */
    String awaitLine(final String text, final Duration limit) {
        return awaitLine(text, 1, limit);
    }

    /** Waits until the output has so many lines that contain a text. @return the last of them */
    String awaitLine(final String text, final int times, final Duration limit) {
        final long end = System.nanoTime() + limit.toNanos();
        while (true) {
            final boolean alive = process.isAlive();
            final String said = output();
            final String complete = alive ? said.substring(0, said.lastIndexOf('\n') + 1) : said;
            final List<String> lines =
                    complete.lines().filter(line -> line.contains(text)).toList();
            if (lines.size() >= times) {
                return lines.get(times - 1);
            }
            if (!alive || System.nanoTime() > end) {
                throw failure((alive ? "said no '" : "ended without '") + text + "' within " + limit);
            }
            pause(5);
        }
    }

    /** Waits for the end. @return exit status */
    int awaitEnd(final Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw failure("did not end within " + limit);
            }
            return process.exitValue();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Waits for the end, which must be a success. @return the output */
    String awaitSuccess(final Duration limit) {
        if (awaitEnd(limit) != 0) {
            throw failure("ended with status " + process.exitValue());
        }
        return output();
    }

    /** Writes a line to the process. */
    void say(final String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (final IOException e) {
            throw new UncheckedIOException(failure("reads no more").getMessage(), e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String output() {
        try {
            return Files.readString(log, StandardCharsets.ISO_8859_1);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the process that does the work, without its wrappers */
    ProcessHandle worker() {
        final List<ProcessHandle> family = process.descendants().toList();
        if (family.isEmpty()) {
            throw failure("has no process");
        }
        return family.getFirst();
    }

    /** @return all living processes below the wrapper */
    List<ProcessHandle> workers() {
        return process.descendants().filter(ProcessHandle::isAlive).toList();
    }

    /** Ends all its processes by SIGKILL, at once. */
    void kill() {
        killTree(process.toHandle());
    }

    /** Ends it by SIGTERM. @return exit status */
    int terminate(final Duration limit) {
        workers().forEach(ProcessHandle::destroy);
        return awaitEnd(limit);
    }

    AssertionError failure(final String what) {
        final String text = output();
        final String tail = text.length() > 3000 ? "..." + text.substring(text.length() - 3000) : text;
        return new AssertionError(name + " " + what + "; it said (" + log + "):\n" + tail);
    }

    @Override
    public void close() {
        LIVING.remove(this);
        kill();
    }

    /**
     * Kills a process and all below it; they are gone, and with them their ports, when this returns. The root comes
     * last: what it leaves behind would stay a zombie until init has time for it, seconds on some machines.
     */
    static void killTree(final ProcessHandle root) {
        final List<ProcessHandle> below = root.descendants().toList();
        below.forEach(ProcessHandle::destroyForcibly);
        awaitEnd(below);
        root.destroyForcibly();
        awaitEnd(List.of(root));
    }

    /** Not by onExit(): of processes that are not its own children, the JDK learns seconds later. */
    private static void awaitEnd(final List<ProcessHandle> family) {
        for (int i = 0; i < 12_000 && family.stream().anyMatch(ProcessHandle::isAlive); i++) {
            pause(5);
        }
    }

    static void pause(final long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
