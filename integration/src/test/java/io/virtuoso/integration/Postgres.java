package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Debian's PostgreSQL on the machine's own kernel stack, with data of its own, as the user that it insists on. */
final class Postgres implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String USER = "postgres";

    private final Child process;
    private final Path folder;

    private Postgres(final Child process, final Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /** Starts one and waits until it serves. */
    static Postgres start(final Machine machine) {
        try {
            final Path folder = Files.createTempDirectory("vtpg");
            Shell.check(LIMIT, "chown", USER, folder.toString());
            final String data = folder.resolve("data").toString();
            Shell.check(
                    LIMIT,
                    asUser("initdb", "-D", data, "-A", "trust", "-U", "test", "--no-sync", "-E", "UTF8", "--locale=C"));
            Files.writeString(
                    folder.resolve("data/pg_hba.conf"), "host all all 10.88.0.0/16 trust\n", StandardOpenOption.APPEND);
            final List<String> server = new ArrayList<>(asUser("postgres", "-D", data));
            for (final String setting : List.of(
                    "listen_addresses=" + Machine.KERNEL_ADDRESS,
                    "unix_socket_directories=",
                    "fsync=off",
                    "shared_buffers=16MB")) {
                server.addAll(List.of("-c", setting));
            }
            final Postgres started = new Postgres(Child.start("kernel-postgres", machine.inKernel(server)), folder);
            started.process.awaitLine("ready to accept connections", LIMIT);
            return started;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return where JDBC finds it */
    static String url() {
        return "jdbc:postgresql://" + Machine.KERNEL_ADDRESS + ":5432/postgres?user=test";
    }

    private static List<String> asUser(final String program, final String... arguments) {
        final List<String> all = new ArrayList<>(
                List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups", "--", find(program)));
        all.addAll(List.of(arguments));
        return all;
    }

    /** Debian keeps the server's programs of each version in a folder of its own. */
    private static String find(final String program) {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin").resolve(program))
                    .filter(Files::isExecutable)
                    .max(Comparator.naturalOrder())
                    .orElseThrow(() -> new AssertionError("no " + program + "; install the package postgresql"))
                    .toString();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** By the signal for a fast shutdown: killed, it would leave shared memory on the machine. */
    @Override
    public void close() {
        if (process.isAlive()) {
            Shell.check(LIMIT, "kill", "-INT", Long.toString(process.worker().pid()));
            process.awaitSuccess(LIMIT);
        }
        process.close();
        Machine.deleteFolder(folder);
    }
}
