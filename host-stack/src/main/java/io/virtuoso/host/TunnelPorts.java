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
import io.virtuoso.host.ffm.Ipv6Prefix;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.NetworkSettings;
import io.virtuoso.host.port.PacketPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.TapPort;
import io.virtuoso.host.port.TapSettings;
import io.virtuoso.host.port.XdpPort;
import io.virtuoso.host.tunnel.TunnelPort;
import io.virtuoso.host.tunnel.TunnelSettings;
import io.virtuoso.host.tunnel.Underlay;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The underlays of a configuration, opened, and the networks' tunnels over them. */
final class TunnelPorts {
    private final Map<String, Underlay> underlays = new LinkedHashMap<>();

    /** Opens the ports of all underlays. @throws IOException saying which one cannot be opened, and why */
    static TunnelPorts open(final HostConfig config) throws IOException {
        final TunnelPorts ports = new TunnelPorts();
        try {
            for (final UnderlayConfig underlay : config.underlays()) {
                ports.underlays.put(underlay.name(), open(underlay));
            }
        } catch (final IOException e) {
            ports.close();
            throw e;
        }
        return ports;
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

    /** Makes a network's tunnel. */
    TunnelPort tunnel(final NetworkConfig network, final TunnelConfig config) {
        final Underlay underlay = underlays.get(config.underlay());
        final TunnelPort tunnel = underlay.open(
                new TunnelSettings(config.kind(), network.vni(), config.udpPort(), NetworkConfig.MTU, config.learn()));
        for (final OuterAddress peer : config.peers()) {
            tunnel.addPeer(peer.ipv6()
                    .map(six -> underlay.number(six.high(), six.low()))
                    .orElse(peer.ipv4()));
        }
        return tunnel;
    }

    /** @return the underlays of one island */
    List<Underlay> underlays(final HostConfig island) {
        return island.underlays().stream()
                .map(underlay -> underlays.get(underlay.name()))
                .toList();
    }

    void close() {
        underlays.values().forEach(Underlay::close);
    }
}
