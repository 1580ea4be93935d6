package io.virtuoso.bench.side;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Two machines, each a namespace with a host stack, at the ends of a veth pair: the client is a guest of the one, the
 * server of the other, by packet ports. Their virtual network has the ports for itself, or goes through VXLAN over them.
 */
public final class TwoMachinesSide implements Side {
    private static final String NEAR = "n";
    private static final String FAR = "f";
    private static final String CLIENT = "client";
    private static final String SERVER = "server";
    private static final String SERVER_ADDRESS = "10.99.2.2";
    private static final String PLAIN = """
            networks:
              - name: bench
                vni: 1
                subnet: 10.99.2.0/24
                port: {kind: packet, interface: eth0, gateway: 10.99.2.254}
            """;
    private static final String TUNNELLED = """
            underlays:
              - {name: wire, port: {kind: packet, interface: eth0}, address: 192.0.2.%d/24}
            networks:
              - {name: bench, vni: 1, subnet: 10.99.2.0/24, tunnel: {kind: vxlan, underlay: wire, peers: [192.0.2.%d]}}
            """;
    private static final String GUEST = """
            guests:
              - {name: %s, network: bench, address: 10.99.2.%d}
            """;

    private final String name;
    private final Namespaces namespaces;
    private final HostProcess near;
    private final HostProcess far;

    private TwoMachinesSide(
            final String name, final Namespaces namespaces, final HostProcess near, final HostProcess far) {
        this.name = name;
        this.namespaces = namespaces;
        this.near = near;
        this.far = far;
    }

    /**
     * Makes both machines and waits until their host stacks serve.
     *
     * @param mark one letter that tells several sides of one process apart
     * @param tunnelled whether the virtual network goes through VXLAN
     * @param home the project's top folder, with the launcher
     * @param workDir where configurations and logs go; kept
     */
    public static TwoMachinesSide create(final char mark, final boolean tunnelled, final Path home, final Path workDir)
            throws BenchException {
        final Namespaces namespaces = new Namespaces(mark);
        final List<HostProcess> hosts = new ArrayList<>();
        try {
            namespaces.add(NEAR);
            namespaces.add(FAR);
            final String there = namespaces.name(FAR);
            namespaces.ip(NEAR, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", there);
            for (int machine = 1; machine <= 2; machine++) {
                final String role = machine == 1 ? NEAR : FAR;
                namespaces.set(role, "net.ipv6.conf.all.disable_ipv6=1");
                namespaces.ip(role, "link", "set", "eth0", "up");
                final String network = tunnelled ? TUNNELLED.formatted(machine, 3 - machine) : PLAIN;
                final String guest = GUEST.formatted(machine == 1 ? CLIENT : SERVER, machine);
                hosts.add(HostProcess.start(
                        home, folder(workDir, role), network + guest, command -> namespaces.inside(role, command)));
            }
            return new TwoMachinesSide(tunnelled ? "vxlan" : "plain", namespaces, hosts.getFirst(), hosts.getLast());
        } catch (final BenchException e) {
            hosts.forEach(HostProcess::close);
            namespaces.close();
            throw e;
        }
    }

    private static Path folder(final Path workDir, final String role) throws BenchException {
        try {
            return Files.createDirectories(workDir.resolve(role));
        } catch (final IOException e) {
            throw new BenchException("no folder for a host stack: " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> asClient(final List<String> command) {
        return namespaces.inside(NEAR, near.asGuest(CLIENT, command));
    }

    @Override
    public List<String> asServer(final List<String> command) {
        return namespaces.inside(FAR, far.asGuest(SERVER, command));
    }

    @Override
    public List<String> asJvmClient(final List<String> command) {
        return namespaces.inside(NEAR, near.asJvmGuest(CLIENT, command));
    }

    @Override
    public List<String> asJvmServer(final List<String> command) {
        return namespaces.inside(FAR, far.asJvmGuest(SERVER, command));
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
        final List<Long> pids = new ArrayList<>(near.pids());
        pids.addAll(far.pids());
        return pids;
    }

    @Override
    public boolean healthy() {
        return near.alive() && far.alive();
    }

    @Override
    public void close() {
        near.close();
        far.close();
        namespaces.close();
    }
}
