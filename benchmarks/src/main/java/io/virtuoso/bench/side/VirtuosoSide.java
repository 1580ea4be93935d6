package io.virtuoso.bench.side;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** A host stack of its own, with no TAP, and two guests of it for each tenant. */
public final class VirtuosoSide implements TenantSide {
    private static final String NETWORK = """
            networks:
              - {name: bench, vni: 1, subnet: 10.99.0.0/24}
            guests:
            """;
    private static final String TENANT = """
              - {name: %s, network: bench, address: 10.99.0.%d}
              - {name: %s, network: bench, address: %s}
            """;

    private final HostProcess host;
    private final int tenants;

    private VirtuosoSide(final HostProcess host, final int tenants) {
        this.host = host;
        this.tenants = tenants;
    }

    /**
     * Starts a host stack and waits until it serves.
     *
     * @param home the project's top folder, with the launcher
     * @param workDir where configuration and log go; kept
     * @param tenants how many tenants there will be at most
     */
    public static VirtuosoSide create(final Path home, final Path workDir, final int tenants) throws BenchException {
        final StringBuilder configuration = new StringBuilder(NETWORK);
        for (int tenant = 0; tenant < tenants; tenant++) {
            configuration.append(TENANT.formatted(client(tenant), 2 * tenant + 1, server(tenant), address(tenant)));
        }
        final HostProcess host = HostProcess.start(home, workDir, configuration.toString(), UnaryOperator.identity());
        return new VirtuosoSide(host, tenants);
    }

    private static String client(final int tenant) {
        return tenant == 0 ? "client" : "client-" + tenant;
    }

    private static String server(final int tenant) {
        return tenant == 0 ? "server" : "server-" + tenant;
    }

    private static String address(final int tenant) {
        return "10.99.0." + (2 * tenant + 2);
    }

    @Override
    public void makeTenants(final int count) throws BenchException {
        if (count > tenants) {
            throw new BenchException("there are " + tenants + " tenants, not " + count);
        }
    }

    @Override
    public List<String> asClientOf(final int tenant, final List<String> command) {
        return host.asGuest(client(tenant), command);
    }

    @Override
    public List<String> asServerOf(final int tenant, final List<String> command) {
        return host.asGuest(server(tenant), command);
    }

    @Override
    public String serverAddressOf(final int tenant) {
        return address(tenant);
    }

    @Override
    public String name() {
        return "virtuoso";
    }

    @Override
    public List<String> asJvmClient(final List<String> command) {
        return host.asJvmGuest(client(0), command);
    }

    @Override
    public List<String> asJvmServer(final List<String> command) {
        return host.asJvmGuest(server(0), command);
    }

    @Override
    public String nettyTransport() {
        return "virtuoso";
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
