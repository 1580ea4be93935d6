package io.virtuoso.bench.side;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The kernel's stack as containers use it by default: a network namespace for the client and one for the server, each
 * with a veth pair to a Linux bridge in a third namespace. Bridged frames do not visit iptables, offloads are on,
 * congestion control is cubic. All names carry the process id; closing removes the namespaces and all that is in them.
 */
public final class KernelSide implements Side {
    private static final String CLIENT_ADDRESS = "10.99.1.1";
    private static final String SERVER_ADDRESS = "10.99.1.2";
    private static final Path ALLOWED = Path.of("/proc/sys/net/ipv4/tcp_allowed_congestion_control");

    private final String name;
    private final String client;
    private final String server;
    private final String bridge;
    private final List<String> made = new ArrayList<>();

    private KernelSide(final String name, final String prefix) {
        this.name = name;
        this.client = prefix + "c";
        this.server = prefix + "s";
        this.bridge = prefix + "b";
    }

    /**
     * Makes the namespaces.
     *
     * @param name the side's name in reports
     * @param mark one letter that tells several kernel sides of one process apart
     */
    public static KernelSide create(final String name, final char mark) throws BenchException {
        final KernelSide side =
                new KernelSide(name, "vbench" + ProcessHandle.current().pid() + mark);
        try {
            allowCubic();
            side.make();
        } catch (final BenchException e) {
            side.close();
            throw new BenchException("the kernel's side could not be set up (it needs root): " + e.getMessage(), e);
        }
        return side;
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
        for (final String namespace : List.of(bridge, client, server)) {
            Shell.run("ip", "netns", "add", namespace);
            made.add(namespace);
            Shell.run("ip", "-n", namespace, "link", "set", "lo", "up");
        }
        Shell.run("ip", "-n", bridge, "link", "add", "br0", "type", "bridge");
        Shell.run("ip", "-n", bridge, "link", "set", "br0", "up");
        skipIptables();
        plug(client, "client", CLIENT_ADDRESS);
        plug(server, "server", SERVER_ADDRESS);
    }

    /** Only where bridges show their frames to iptables at all; elsewhere the setting does not exist. */
    private void skipIptables() throws BenchException {
        if (Files.exists(Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables"))) {
            set(bridge, "net.bridge.bridge-nf-call-iptables=0");
        }
    }

    private void plug(final String namespace, final String port, final String address) throws BenchException {
        Shell.run("ip", "-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", bridge);
        Shell.run("ip", "-n", bridge, "link", "set", port, "master", "br0", "up");
        Shell.run("ip", "-n", namespace, "link", "set", "eth0", "up");
        Shell.run("ip", "-n", namespace, "addr", "add", address + "/24", "dev", "eth0");
        set(namespace, "net.ipv4.tcp_congestion_control=cubic");
        set(namespace, "net.ipv4.ip_local_port_range=1024 65535");
        set(namespace, "net.ipv4.tcp_tw_reuse=1");
    }

    private static void set(final String namespace, final String setting) throws BenchException {
        Shell.run("ip", "netns", "exec", namespace, "sysctl", "-qw", setting);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> asClient(final List<String> command) {
        return in(client, command);
    }

    @Override
    public List<String> asServer(final List<String> command) {
        return in(server, command);
    }

    @Override
    public List<String> asJvmClient(final List<String> command) {
        return asClient(command);
    }

    @Override
    public List<String> asJvmServer(final List<String> command) {
        return asServer(command);
    }

    @Override
    public String nettyTransport() {
        return "epoll";
    }

    private static List<String> in(final String namespace, final List<String> command) {
        final List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(command);
        return all;
    }

    @Override
    public String serverAddress() {
        return SERVER_ADDRESS;
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
        for (final String namespace : made) {
            try {
                Shell.run("ip", "netns", "del", namespace);
            } catch (final BenchException e) {
                System.err.println("bench: " + e.getMessage());
            }
        }
        made.clear();
    }
}
