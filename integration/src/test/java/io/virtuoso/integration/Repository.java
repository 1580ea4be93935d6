package io.virtuoso.integration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Where things are in the working tree, and the C programs, compiled once per test run. */
final class Repository {
    static final Path ROOT = root();
    /** Can be replaced, to test other builds of the host stack and of the preload library. */
    static final Path LAUNCHER = path("virtuoso.test.launcher", "virtuoso");

    static final Path PRELOAD = path("virtuoso.test.preload", "guest-preload-c/target/libvirtuoso.so");
    private static final Path C_SOURCES = ROOT.resolve("integration/src/test/c");
    private static final Path C_PROGRAMS = ROOT.resolve("integration/target/c");
    private static final Path LOGS = ROOT.resolve("integration/target/logs");
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Repository() {}

    /**
     * @param name of a C program of the tests
     * @return its path; all are compiled when the first is asked for
     */
    static String program(final String name) {
        return Compiled.FOLDER.resolve(name).toString();
    }

    /** @return a fresh file for what a process says; it is kept after the run */
    static Path log(final String name) throws IOException {
        Files.createDirectories(LOGS);
        return LOGS.resolve("%03d-%s.log".formatted(NUMBER.incrementAndGet(), name.replaceAll("[^A-Za-z0-9.-]", "_")));
    }

    /** @return a part of names that no other run on this machine uses now */
    static String unique() {
        return Long.toString(ProcessHandle.current().pid(), 36) + "-" + Integer.toString(NUMBER.incrementAndGet(), 36);
    }

    private static Path path(final String property, final String standard) {
        return ROOT.resolve(System.getProperty(property, standard));
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("guest-preload-c"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("the tests run inside the working tree only");
            }
        }
        return folder;
    }

    /** Lazy: compiled on first use. */
    private static final class Compiled {
        static final Path FOLDER = compile();

        private static Path compile() {
            Shell.check(Duration.ofMinutes(15), "make", "-s", "-C", C_SOURCES.toString(), "OUT=" + C_PROGRAMS);
            if (!Files.exists(PRELOAD)) {
                Shell.check(
                        Duration.ofMinutes(15),
                        "make",
                        "-s",
                        "-C",
                        ROOT.resolve("guest-preload-c").toString(),
                        "all");
            }
            return C_PROGRAMS;
        }
    }
}
