package io.virtuoso.bench.side;

import java.nio.file.Path;
import java.util.List;

/**
 * The kernel's stack for the client and a guest for the server: what {@link KernelSide} is, but for the server's place,
 * where the port of a host stack is plugged into the bridge instead of a namespace's kernel.
 */
public final class PortSide implements Side {
    /** How the host stack is reached. */
    public enum Kind {
        /** A TAP that is a port of the bridge. */
        TAP("kind: tap, name: vport0, address: 10.99.1.254"),
        /** A packet socket on the server's end of its veth pair. */
        PACKET("kind: packet, interface: eth0, gateway: " + BridgedNetwork.CLIENT_ADDRESS),
        /** AF_XDP on the server's end of its veth pair. */
        XDP("kind: xdp, interface: eth0, gateway: " + BridgedNetwork.CLIENT_ADDRESS);

        private final String port;

        Kind(final String port) {
            this.port = port;
        }

        private String configuration() {
            return """
                    networks:
                      - {name: bench, vni: 1, subnet: %s, port: {%s}}
                    guests:
                      - {name: server, network: bench, address: %s}
                    """.formatted(BridgedNetwork.SUBNET, port, BridgedNetwork.SERVER_ADDRESS);
        }

        /** @return the namespace in which the host stack finds or makes its interface */
        private String place() {
            return this == TAP ? BridgedNetwork.BRIDGE : BridgedNetwork.SERVER;
        }
    }

    private static final char MARK = 'p';
    private static final String SERVER = "server";

    private final BridgedNetwork network;
    private final HostProcess host;

    private PortSide(final BridgedNetwork network, final HostProcess host) {
        this.network = network;
        this.host = host;
    }

    /**
     * Makes the network, starts a host stack in it and waits until it serves.
     *
     * @param home the project's top folder, with the launcher
     * @param workDir where configuration and log go; kept
     */
    public static PortSide create(final Kind kind, final Path home, final Path workDir) throws BenchException {
        final BridgedNetwork network = BridgedNetwork.create(MARK);
        try {
            network.plugEnd(BridgedNetwork.CLIENT);
            network.address(BridgedNetwork.CLIENT, BridgedNetwork.CLIENT_ADDRESS);
            if (kind != Kind.TAP) {
                network.plugEnd(BridgedNetwork.SERVER);
            }
            final HostProcess host = HostProcess.start(
                    home, workDir, kind.configuration(), command -> network.inside(kind.place(), command));
            final PortSide side = new PortSide(network, host);
            if (kind == Kind.TAP) {
                side.plugTap();
            }
            return side;
        } catch (final BenchException e) {
            network.close();
            throw e;
        }
    }

    private void plugTap() throws BenchException {
        try {
            network.plug("vport0");
        } catch (final BenchException e) {
            host.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "virtuoso";
    }

    @Override
    public List<String> asClient(final List<String> command) {
        return network.inside(BridgedNetwork.CLIENT, command);
    }

    /** {@inheritDoc} What the guest left to the kernel would be in a namespace that nobody can reach. */
    @Override
    public List<String> asServer(final List<String> command) {
        return network.inside(BridgedNetwork.SERVER, host.asGuest(SERVER, command));
    }

    @Override
    public List<String> asJvmServer(final List<String> command) {
        return network.inside(BridgedNetwork.SERVER, host.asJvmGuest(SERVER, command));
    }

    @Override
    public String nettyTransport() {
        return "virtuoso";
    }

    @Override
    public String serverAddress() {
        return BridgedNetwork.SERVER_ADDRESS;
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
        network.close();
    }
}
