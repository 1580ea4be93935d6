package io.virtuoso.bench.side;

import io.virtuoso.bench.stat.DelayCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A host stack of its own. Closing removes its run directory, too. */
final class HostProcess implements AutoCloseable {
    private static final String CONTROL = "guest-preload-c/target/virtuoso-ctl";
    private static final String AGENT = "guest-shim-jvm/target/virtuoso-guest.jar";
    private static final Duration READY = Duration.ofSeconds(60);

    private final Path control;
    private final Path agent;
    private final Path runDir;
    private final Child host;

    private HostProcess(final Path home, final Path runDir, final Child host) {
        this.control = home.resolve(CONTROL);
        this.agent = home.resolve(AGENT);
        this.runDir = runDir;
        this.host = host;
    }

    /**
     * Starts a host stack and waits until it serves.
     *
     * @param home the project's top folder, with the launcher
     * @param workDir where configuration and log go; kept
     * @param configuration the configuration's text
     * @param placed makes the command that runs a given one where the host stack is to run, by exec
     */
    static HostProcess start(
            final Path home, final Path workDir, final String configuration, final UnaryOperator<List<String>> placed)
            throws BenchException {
        final Path launcher = home.resolve("virtuoso");
        for (final Path needed : List.of(launcher, home.resolve(CONTROL))) {
            if (!Files.isExecutable(needed)) {
                throw new BenchException(needed + " is missing: build the project first");
            }
        }
        try {
            final Path config = Files.writeString(workDir.resolve("virtuoso.yaml"), configuration);
            final Path runDir = Files.createTempDirectory("virtuoso-bench-run");
            final Path log = workDir.resolve("host-stack.log");
            final Map<String, String> environment = Map.of("VIRTUOSO_RUN_DIR", runDir.toString());
            final List<String> up = placed.apply(List.of(launcher.toString(), "up", "-c", config.toString()));
            final HostProcess started =
                    new HostProcess(home, runDir, Child.start("the host stack", up, environment, log));
            started.awaitReady();
            return started;
        } catch (final IOException e) {
            throw new BenchException("no run directory for the host stack: " + e.getMessage(), e);
        }
    }

    private void awaitReady() throws BenchException {
        try {
            host.awaitLine("virtuoso ready", READY);
        } catch (final BenchException e) {
            close();
            throw e;
        }
    }

    /** @return the command that runs the given one as a guest, by exec */
    List<String> asGuest(final String guest, final List<String> command) {
        final List<String> all =
                new ArrayList<>(List.of("env", "VIRTUOSO_RUN_DIR=" + runDir, control.toString(), "run", guest, "--"));
        all.addAll(command);
        return all;
    }

    /** @return the command that runs a JVM as a guest, by exec: with the agent, and without the preload library */
    List<String> asJvmGuest(final String guest, final List<String> command) {
        final Path socket = runDir.resolve("guests").resolve(guest + ".sock");
        final List<String> all = new ArrayList<>(List.of("env", "VIRTUOSO_GUEST_SOCKET=" + socket, command.getFirst()));
        all.add("-javaagent:" + agent);
        all.addAll(command.subList(1, command.size()));
        return all;
    }

    /** @return how long commands and packets of some guests waited, since the start */
    DelayCounts delays(final Set<String> guests) throws BenchException {
        return new ControlClient(runDir).delays(guests);
    }

    Path runDir() {
        return runDir;
    }

    List<Long> pids() {
        return host.pids();
    }

    boolean alive() {
        return host.alive();
    }

    @Override
    public void close() {
        host.close();
        Folders.remove(runDir);
    }
}
