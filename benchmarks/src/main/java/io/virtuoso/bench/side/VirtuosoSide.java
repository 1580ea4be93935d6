package io.virtuoso.bench.side;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** A host stack of its own, with no TAP, and two guests of it. */
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

    private final HostProcess host;

    private VirtuosoSide(final HostProcess host) {
        this.host = host;
    }

    /**
     * Starts a host stack and waits until it serves.
     *
     * @param home the project's top folder, with the launcher
     * @param workDir where configuration and log go; kept
     */
    public static VirtuosoSide create(final Path home, final Path workDir) throws BenchException {
        return new VirtuosoSide(HostProcess.start(home, workDir, CONFIGURATION, UnaryOperator.identity()));
    }

    @Override
    public String name() {
        return "virtuoso";
    }

    @Override
    public List<String> asClient(final List<String> command) {
        return host.asGuest(CLIENT, command);
    }

    @Override
    public List<String> asServer(final List<String> command) {
        return host.asGuest(SERVER, command);
    }

    @Override
    public List<String> asJvmClient(final List<String> command) {
        return host.asJvmGuest(CLIENT, command);
    }

    @Override
    public List<String> asJvmServer(final List<String> command) {
        return host.asJvmGuest(SERVER, command);
    }

    @Override
    public String nettyTransport() {
        return "virtuoso";
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

    @Override
    public void close() {
        host.close();
    }
}
