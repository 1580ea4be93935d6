package io.virtuoso.bench.side;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A bridge in a namespace of its own and places for clients and servers, each a namespace whose eth0 is the end of a
 * veth pair that is plugged into the bridge. The setting of containers as they are by default.
 */
final class BridgedNetwork implements AutoCloseable {
    static final String BRIDGE = "b";
    static final String CLIENT = "c";
    static final String SERVER = "s";
    static final String CLIENT_ADDRESS = clientAddress(0);
    static final String SERVER_ADDRESS = serverAddress(0);
    static final String SUBNET = "10.99.1.0/24";
    private static final Path ALLOWED = Path.of("/proc/sys/net/ipv4/tcp_allowed_congestion_control");

    private final Namespaces namespaces;

    private BridgedNetwork(final Namespaces namespaces) {
        this.namespaces = namespaces;
    }

    /**
     * Makes the bridge, and namespaces for one client and one server, with nothing plugged in.
     *
     * @param mark one letter that tells several sides of one process apart
     */
    static BridgedNetwork create(final char mark) throws BenchException {
        final BridgedNetwork network = new BridgedNetwork(new Namespaces(mark));
        try {
            allowCubic();
            network.make();
        } catch (final BenchException e) {
            network.close();
            throw new BenchException("namespaces could not be set up (it needs root): " + e.getMessage(), e);
        }
        return network;
    }

    /** A namespace may only choose what the machine allows to all; cubic itself is always there. */
    private static void allowCubic() throws BenchException {
        try {
            final String allowed = Files.readString(ALLOWED).strip();
            if (Stream.of(allowed.split(" ")).noneMatch("cubic"::equals)) {
                Files.writeString(ALLOWED, allowed + " cubic");
            }
        } catch (final IOException e) {
            throw new BenchException("cubic congestion control is not to be had: " + e.getMessage(), e);
        }
    }

    private void make() throws BenchException {
        for (final String role : List.of(BRIDGE, CLIENT, SERVER)) {
            namespaces.add(role);
        }
        namespaces.ip(BRIDGE, "link", "add", "br0", "type", "bridge");
        namespaces.ip(BRIDGE, "link", "set", "br0", "up");
        skipIptables();
    }

    /** Only where bridges show their frames to iptables at all; elsewhere the setting does not exist. */
    private void skipIptables() throws BenchException {
        if (Files.exists(Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables"))) {
            namespaces.set(BRIDGE, "net.bridge.bridge-nf-call-iptables=0");
        }
    }

    /** @return the address of a tenant's client */
    static String clientAddress(final int tenant) {
        return "10.99.1." + (2 * tenant + 1);
    }

    /** @return the address of a tenant's server */
    static String serverAddress(final int tenant) {
        return "10.99.1." + (2 * tenant + 2);
    }

    /** Makes a namespace for one more client or server, plugged in and with that address. */
    void join(final String role, final String address) throws BenchException {
        namespaces.add(role);
        plugEnd(role);
        address(role, address);
    }

    /** Plugs eth0 of a client's or a server's namespace in; it is up, and has no address yet. */
    void plugEnd(final String role) throws BenchException {
        final String port = "port" + role;
        final String there = namespaces.name(BRIDGE);
        namespaces.ip(role, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", there);
        plug(port);
        namespaces.ip(role, "link", "set", "eth0", "up");
    }

    /** Plugs an interface of the bridge's namespace in. */
    void plug(final String port) throws BenchException {
        namespaces.ip(BRIDGE, "link", "set", port, "master", "br0", "up");
    }

    /** Makes a TAP in the bridge's namespace, for a virtual machine, and plugs it in. */
    void plugTap(final String tap) throws BenchException {
        namespaces.ip(BRIDGE, "tuntap", "add", "mode", "tap", "name", tap);
        plug(tap);
    }

    /** Gives an address to eth0 of a namespace, whose kernel's TCP uses cubic and every port. */
    void address(final String role, final String address) throws BenchException {
        namespaces.ip(role, "addr", "add", address + "/24", "dev", "eth0");
        namespaces.set(role, "net.ipv4.tcp_congestion_control=cubic");
        namespaces.set(role, "net.ipv4.ip_local_port_range=1024 65535");
        namespaces.set(role, "net.ipv4.tcp_tw_reuse=1");
    }

    /** @return the command that runs the given one in a namespace, by exec */
    List<String> inside(final String role, final List<String> command) {
        return namespaces.inside(role, command);
    }

    @Override
    public void close() {
        namespaces.close();
    }
}
