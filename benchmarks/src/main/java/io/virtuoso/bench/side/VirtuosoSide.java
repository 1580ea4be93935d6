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
              - {name: %s, network: bench, address: 10.99.0.%d%s}
              - {name: %s, network: bench, address: %s%s}
            """;
    /** A reserved share, and limits that nobody reaches: all that is counted and asked for budgets is. */
    private static final String BUDGET =
            ", cpu: {reserved: %s, max: 100%%}, rate: {in: 900Gbit, out: 900Gbit, packets: 100000000}";
    /** Of tenant 0, for its client and its server each. */
    private static final String OWN_SHARE = "20%";
    /** Of each guest of the other tenants, which may be many. */
    private static final String OTHERS_SHARE = "0.2%";

    private final String name;
    private final HostProcess host;
    private final int tenants;

    private VirtuosoSide(final String name, final HostProcess host, final int tenants) {
        this.name = name;
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
        return create("virtuoso", home, workDir, tenants, false);
    }

    /**
     * Starts a host stack and waits until it serves.
     *
     * @param name    the side's name in reports
     * @param budgets whether guests have reserved shares and limits; else they have equal weights only
     */
    public static VirtuosoSide create(
            final String name, final Path home, final Path workDir, final int tenants, final boolean budgets)
            throws BenchException {
        final StringBuilder configuration = new StringBuilder(NETWORK);
        for (int tenant = 0; tenant < tenants; tenant++) {
            final String budget = budgets ? BUDGET.formatted(tenant == 0 ? OWN_SHARE : OTHERS_SHARE) : "";
            configuration.append(
                    TENANT.formatted(client(tenant), 2 * tenant + 1, budget, server(tenant), address(tenant), budget));
        }
        final HostProcess host = HostProcess.start(home, workDir, configuration.toString(), UnaryOperator.identity());
        return new VirtuosoSide(name, host, tenants);
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
        return name;
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
