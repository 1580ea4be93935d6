package io.virtuoso.bench.side;

import java.util.List;

/**
 * The kernel's stack as containers use it by default: a network namespace for each client and each server, all
 * with a veth pair to a Linux bridge in a third namespace. Bridged frames do not visit iptables, offloads are on,
 * congestion control is cubic. All names carry the process id; closing removes the namespaces and all that is in them.
 */
public final class KernelSide implements TenantSide {
    private final String name;
    private final BridgedNetwork network;
    private int tenants = 1;

    private KernelSide(final String name, final BridgedNetwork network) {
        this.name = name;
        this.network = network;
    }

    /**
     * Makes the namespaces.
     *
     * @param name the side's name in reports
     * @param mark one letter that tells several kernel sides of one process apart
     */
    public static KernelSide create(final String name, final char mark) throws BenchException {
        final KernelSide side = new KernelSide(name, BridgedNetwork.create(mark));
        try {
            side.network.plugEnd(BridgedNetwork.CLIENT);
            side.network.address(BridgedNetwork.CLIENT, BridgedNetwork.CLIENT_ADDRESS);
            side.network.plugEnd(BridgedNetwork.SERVER);
            side.network.address(BridgedNetwork.SERVER, BridgedNetwork.SERVER_ADDRESS);
        } catch (final BenchException e) {
            side.close();
            throw e;
        }
        return side;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void makeTenants(final int count) throws BenchException {
        while (tenants < count) {
            network.join(role(BridgedNetwork.CLIENT, tenants), BridgedNetwork.clientAddress(tenants));
            network.join(role(BridgedNetwork.SERVER, tenants), serverAddressOf(tenants));
            tenants++;
        }
    }

    @Override
    public List<String> asClientOf(final int tenant, final List<String> command) {
        return network.inside(role(BridgedNetwork.CLIENT, tenant), command);
    }

    @Override
    public List<String> asServerOf(final int tenant, final List<String> command) {
        return network.inside(role(BridgedNetwork.SERVER, tenant), command);
    }

    @Override
    public String serverAddressOf(final int tenant) {
        return BridgedNetwork.serverAddress(tenant);
    }

    private static String role(final String kind, final int tenant) {
        return tenant == 0 ? kind : kind + tenant;
    }

    @Override
    public String nettyTransport() {
        return "epoll";
    }

    @Override
    public List<Long> hostPids() {
        return List.of();
    }

    @Override
    public boolean healthy() {
        return true;
    }

    @Override
    public void close() {
        network.close();
    }
}
