package io.virtuoso.bench.side;

import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * A host stack with no TAP, and room for tenants of two kinds: without budgets, and with budgets. Each kind has a network of
 * its own. So the same process, with the same compiled code, serves both. It runs while there is a side of it.
 */
public final class TenantHost {
    private static final String NETWORKS = """
            networks:
              - {name: bench-0, vni: 1, subnet: 10.99.0.0/24}
              - {name: bench-1, vni: 2, subnet: 10.99.1.0/24}
            guests:
            """;
    private static final String GUEST = "  - {name: %s, network: bench-%d, address: %s%s}%n";
    /** A reserved share, and limits that nobody reaches: all that is counted and asked for budgets is. */
    private static final String BUDGET =
            ", cpu: {reserved: %s, max: 100%%}, rate: {in: 900Gbit, out: 900Gbit, packets: 100000000}";
    /** Of both guests of tenants 0 and 1 each. */
    private static final String LARGE_SHARE = "17%";
    /** Of each guest of the other tenants, which may be many. */
    private static final String SMALL_SHARE = "0.1%";

    private final Path home;
    private final int tenants;
    private final Cores cores;
    private HostProcess host;
    private int sides;

    /**
     * Starts nothing yet.
     *
     * @param home    the project's top folder, with the launcher
     * @param tenants how many tenants of each kind there will be at most
     * @param cores   where it runs
     */
    public TenantHost(final Path home, final int tenants, final Cores cores) {
        this.home = home;
        this.tenants = tenants;
        this.cores = cores;
    }

    /**
     * Makes a side of it; starts the host stack, and waits until it serves, if need be.
     *
     * @param name    the side's name in reports
     * @param budgets whether its guests have reserved shares and limits; else they have equal weights only
     * @param workDir where configuration and log go if the host stack is started; kept
     */
    public VirtuosoSide side(final String name, final boolean budgets, final Path workDir) throws BenchException {
        if (host == null) {
            host = HostProcess.start(home, workDir, configuration(), UnaryOperator.identity());
        }
        sides++;
        return new VirtuosoSide(name, host, budgets ? 1 : 0, tenants, this::sideClosed);
    }

    private void sideClosed() {
        sides--;
        if (sides == 0) {
            host.close();
            host = null;
        }
    }

    private String configuration() {
        final StringBuilder text = new StringBuilder(cores.configuration()).append(NETWORKS);
        for (int network = 0; network <= 1; network++) {
            for (int tenant = 0; tenant < tenants; tenant++) {
                final String budget = network == 0 ? "" : BUDGET.formatted(tenant < 2 ? LARGE_SHARE : SMALL_SHARE);
                text.append(GUEST.formatted(
                        VirtuosoSide.client(network, tenant),
                        network,
                        VirtuosoSide.address(network, 2 * tenant + 1),
                        budget));
                text.append(GUEST.formatted(
                        VirtuosoSide.server(network, tenant),
                        network,
                        VirtuosoSide.address(network, 2 * tenant + 2),
                        budget));
            }
        }
        return text.toString();
    }
}
