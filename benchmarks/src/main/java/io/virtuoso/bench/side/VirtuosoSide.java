package io.virtuoso.bench.side;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A host stack of its own, with no TAP, and two guests of it. Closing removes its run directory, too. */
public final class VirtuosoSide implements Side {
    private static final String CLIENT = "client";
    private static final String SERVER = "server";
    private static final String SERVER_ADDRESS = "10.99.0.2";
    private static final String CONFIGURATION = """
            networks:
              - {name: bench, vni: 1, subnet: 10.99.0.0/24}
            guests:
              - {name: client, network: bench, address: 10.99.0.1}
              - {name: server, network: bench, address: 10.99.0.2}
            """;
    private static final String CONTROL = "guest-preload-c/target/virtuoso-ctl";
    private static final String AGENT = "guest-shim-jvm/target/virtuoso-guest.jar";
    private static final Duration READY = Duration.ofSeconds(20);

    private final Path control;
    private final Path agent;
    private final Path runDir;
    private final Path workDir;
    private final Child host;

    private VirtuosoSide(final Path home, final Path runDir, final Path workDir, final Child host) {
        this.control = home.resolve(CONTROL);
        this.agent = home.resolve(AGENT);
        this.runDir = runDir;
        this.workDir = workDir;
        this.host = host;
    }

    /**
     * Starts a host stack and waits until it serves.
     *
     * @param home the project's top folder, with the launcher
     * @param workDir where configuration and log go; kept
     */
    public static VirtuosoSide create(final Path home, final Path workDir) throws BenchException {
        final Path launcher = home.resolve("virtuoso");
        for (final Path needed : List.of(launcher, home.resolve(CONTROL))) {
            if (!Files.isExecutable(needed)) {
                throw new BenchException(needed + " is missing: build the project first");
            }
        }
        try {
            final Path config = Files.writeString(workDir.resolve("virtuoso.yaml"), CONFIGURATION);
            final Path runDir = Files.createTempDirectory("virtuoso-bench-run");
            final Path log = workDir.resolve("host-stack.log");
            final Map<String, String> environment = Map.of("VIRTUOSO_RUN_DIR", runDir.toString());
            final List<String> up = List.of(launcher.toString(), "up", "-c", config.toString());
            final VirtuosoSide side =
                    new VirtuosoSide(home, runDir, workDir, Child.start("the host stack", up, environment, log));
            side.awaitReady();
            return side;
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

    @Override
    public String name() {
        return "virtuoso";
    }

    @Override
    public List<String> asClient(final List<String> command) {
        return as(CLIENT, command);
    }

    @Override
    public List<String> asServer(final List<String> command) {
        return as(SERVER, command);
    }

    @Override
    public List<String> asJvmClient(final List<String> command) {
        return asJvm(CLIENT, command);
    }

    @Override
    public List<String> asJvmServer(final List<String> command) {
        return asJvm(SERVER, command);
    }

    @Override
    public String nettyTransport() {
        return "virtuoso";
    }

    /** A JVM with the agent, and without the preload library. */
    private List<String> asJvm(final String guest, final List<String> command) {
        final Path socket = runDir.resolve("guests").resolve(guest + ".sock");
        final List<String> all = new ArrayList<>(List.of("env", "VIRTUOSO_GUEST_SOCKET=" + socket, command.getFirst()));
        all.add("-javaagent:" + agent);
        all.addAll(command.subList(1, command.size()));
        return all;
    }

    private List<String> as(final String guest, final List<String> command) {
        final List<String> all =
                new ArrayList<>(List.of("env", "VIRTUOSO_RUN_DIR=" + runDir, control.toString(), "run", guest, "--"));
        all.addAll(command);
        return all;
    }

    @Override
    public String serverAddress() {
        return SERVER_ADDRESS;
    }

    @Override
    public List<Long> hostPids() {
        return host.pids();
    }

    @Override
    public boolean healthy() {
        return host.alive();
    }

    /** @return where the log of the host stack is */
    public Path log() {
        return workDir.resolve("host-stack.log");
    }

    @Override
    public void close() {
        host.close();
        Folders.remove(runDir);
    }
}
