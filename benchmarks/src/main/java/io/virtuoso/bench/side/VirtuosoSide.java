package io.virtuoso.bench.side;

import io.virtuoso.bench.stat.DelayCounts;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Two guests of a host stack for each tenant. */
public final class VirtuosoSide implements TenantSide {
    private final String name;
    private final HostProcess host;
    private final int network;
    private final int tenants;
    private final Runnable onClose;

    /**
     * @param name    in reports
     * @param network of its guests, 0 or 1
     * @param tenants how many there are at most
     * @param onClose closes the host stack, if need be
     */
    VirtuosoSide(
            final String name, final HostProcess host, final int network, final int tenants, final Runnable onClose) {
        this.name = name;
        this.host = host;
        this.network = network;
        this.tenants = tenants;
        this.onClose = onClose;
    }

    static String client(final int network, final int tenant) {
        return "client-" + network + "-" + tenant;
    }

    static String server(final int network, final int tenant) {
        return "server-" + network + "-" + tenant;
    }

    static String address(final int network, final int station) {
        return "10.99." + network + "." + station;
    }

    @Override
    public void makeTenants(final int count) throws BenchException {
        if (count > tenants) {
            throw new BenchException("there are " + tenants + " tenants, not " + count);
        }
    }

    @Override
    public List<String> asClientOf(final int tenant, final List<String> command) {
        return host.asGuest(client(network, tenant), command);
    }

    @Override
    public List<String> asServerOf(final int tenant, final List<String> command) {
        return host.asGuest(server(network, tenant), command);
    }

    @Override
    public String serverAddressOf(final int tenant) {
        return address(network, 2 * tenant + 2);
    }

    @Override
    public Optional<DelayCounts> delays() throws BenchException {
        return Optional.of(host.delays(Set.of(client(network, 0), server(network, 0))));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> asJvmClient(final List<String> command) {
        return host.asJvmGuest(client(network, 0), command);
    }

    @Override
    public List<String> asJvmServer(final List<String> command) {
        return host.asJvmGuest(server(network, 0), command);
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
        onClose.run();
    }
}
