package io.virtuoso.host;

import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.config.OuterAddress;
import io.virtuoso.host.config.PacketConfig;
import io.virtuoso.host.config.TapConfig;
import io.virtuoso.host.config.TunnelConfig;
import io.virtuoso.host.config.UnderlayConfig;
import io.virtuoso.host.config.XdpConfig;
import io.virtuoso.host.fastpath.StackThreads;
import io.virtuoso.host.ffm.Ipv6Prefix;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.MappedRegion;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.NetworkSettings;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.port.PacketPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.RingPort;
import io.virtuoso.host.port.TapPort;
import io.virtuoso.host.port.TapSettings;
import io.virtuoso.host.port.XdpPort;
import io.virtuoso.host.tunnel.TunnelPort;
import io.virtuoso.host.tunnel.TunnelSettings;
import io.virtuoso.host.tunnel.Underlay;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The underlays of a configuration, opened, and the networks' tunnels over them: to an underlay that is an island of its own
 * by rings.
 */
final class TunnelPorts {
    private final Map<String, Underlay> underlays = new LinkedHashMap<>();
    private final List<HostConfig> islands;
    private final List<StackThreads.Crossing> crossings = new ArrayList<>();
    private final List<MappedRegion> memory = new ArrayList<>();

    private TunnelPorts(final List<HostConfig> islands) {
        this.islands = islands;
    }

    /** Opens the ports of all underlays. @throws IOException saying which one cannot be opened, and why */
    static TunnelPorts open(final HostConfig config, final List<HostConfig> islands) throws IOException {
        final TunnelPorts ports = new TunnelPorts(islands);
        try {
            for (final UnderlayConfig underlay : config.underlays()) {
                ports.underlays.put(underlay.name(), open(underlay, config));
            }
        } catch (final IOException e) {
            ports.close();
            throw e;
        }
        return ports;
    }

    private static Underlay open(final UnderlayConfig underlay, final HostConfig config) throws IOException {
        try {
            return open(underlay);
        } catch (final IOException e) {
            throw config.lines().portError("underlay " + underlay.name(), e);
        }
    }

    private static Underlay open(final UnderlayConfig config) throws IOException {
        final SecureRandom secrets = new SecureRandom();
        final Ipv6Numbers numbers = new Ipv6Numbers(secrets.nextLong());
        final OuterAddress own = config.address();
        final int address = own.ipv6()
                .map(six -> numbers.takeForEver(six.high(), six.low()))
                .orElse(own.ipv4());
        return new Underlay(port(config), settings(config), address, numbers, secrets);
    }

    private static Port port(final UnderlayConfig config) throws IOException {
        final int mtu = UnderlayConfig.MAX_MTU;
        return switch (config.port()) {
            case TapConfig tap -> TapPort.open(tapSettings(tap, config.prefixLength()));
            case PacketConfig packet ->
                PacketPort.open(packet.device(), mtu, config.address().isIpv6());
            case XdpConfig xdp ->
                XdpPort.open(
                        xdp.device(),
                        new XdpPort.Network(
                                config.address().ipv4(),
                                Integer.SIZE,
                                NetworkConfig.MTU,
                                config.address()
                                        .ipv6()
                                        .map(own -> new Ipv6Prefix(own.high(), own.low()))
                                        .orElse(null)));
            case TunnelConfig tunnel -> throw new IllegalStateException("a tunnel in a tunnel: " + tunnel);
        };
    }

    private static TapSettings tapSettings(final TapConfig tap, final int prefixLength) {
        return tap.address()
                .ipv6()
                .map(six -> TapSettings.ofIpv6(
                        tap.device(), new TapSettings.Ipv6(six.high(), six.low(), prefixLength), NetworkConfig.MTU))
                .orElseGet(() -> new TapSettings(tap.device(), tap.address().ipv4(), prefixLength, NetworkConfig.MTU));
    }

    private static NetworkSettings settings(final UnderlayConfig config) {
        final int prefix = config.prefixLength();
        if (config.address().ipv6().isEmpty()) {
            final int subnet = config.address().ipv4() & -1 << (Integer.SIZE - prefix);
            return new NetworkSettings(
                    subnet, prefix, config.gateway().map(OuterAddress::ipv4).orElse(0));
        }
        final Ipv6 own = config.address().ipv6().get();
        final Ipv6 gateway = config.gateway().flatMap(OuterAddress::ipv6).orElse(new Ipv6(0, 0));
        final long mask = prefix == Long.SIZE ? 0 : -1L << (2 * Long.SIZE - prefix);
        return NetworkSettings.ofIpv6(
                new NetworkSettings.Ipv6(own.high(), own.low() & mask, prefix, gateway.high(), gateway.low()));
    }

    /** Makes a network's tunnel. @throws IOException if there is no memory for rings */
    Port tunnel(final NetworkConfig network, final TunnelConfig config) throws IOException {
        final Underlay underlay = underlays.get(config.underlay());
        final TunnelPort tunnel = underlay.open(
                new TunnelSettings(config.kind(), network.vni(), config.udpPort(), NetworkConfig.MTU, config.learn()));
        for (final OuterAddress peer : config.peers()) {
            tunnel.addPeer(peer.ipv6()
                    .map(six -> underlay.number(six.high(), six.low()))
                    .orElse(peer.ipv4()));
        }
        final int carrier = islandOf(config.underlay());
        return carrier < 0 ? tunnel : join(network, underlay, tunnel, carrier);
    }

    /** @return number of the island that an underlay is; -1: it is part of one with networks */
    private int islandOf(final String underlay) {
        return IntStream.range(0, islands.size())
                .filter(island -> islands.get(island).networks().isEmpty())
                .filter(island -> islands.get(island).underlays().stream()
                        .anyMatch(its -> its.name().equals(underlay)))
                .findFirst()
                .orElse(-1);
    }

    private int islandOf(final NetworkConfig network) {
        return IntStream.range(0, islands.size())
                .filter(island -> islands.get(island).networks().contains(network))
                .findFirst()
                .orElseThrow();
    }

    private Port join(final NetworkConfig network, final Underlay underlay, final TunnelPort tunnel, final int carrier)
            throws IOException {
        final int fd = SharedMemory.create("virtuoso-frames-" + network.name(), FrameLink.BYTES);
        if (fd < 0) {
            throw new IOException("no memory for frames of network " + network.name() + ": " + Errno.describe(-fd));
        }
        try {
            memory.add(MappedRegion.map(fd, FrameLink.BYTES));
        } finally {
            Libc.close(fd);
        }
        final FrameLink link = new FrameLink(memory.getLast().buffer());
        crossings.add(new StackThreads.Crossing(islandOf(network), carrier, link));
        underlay.relay(tunnel, link);
        return new RingPort(link, tunnel);
    }

    /** @return where frames go from island to island */
    List<StackThreads.Crossing> crossings() {
        return crossings;
    }

    /** @return the underlays of one island */
    List<Underlay> underlays(final HostConfig island) {
        return island.underlays().stream()
                .map(underlay -> underlays.get(underlay.name()))
                .toList();
    }

    void close() {
        underlays.values().forEach(Underlay::close);
        unmap();
    }

    /** Gives the rings' memory back, when nobody uses them any more. */
    void unmap() {
        memory.forEach(MappedRegion::close);
    }
}
