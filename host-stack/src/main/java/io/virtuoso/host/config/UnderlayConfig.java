package io.virtuoso.host.config;

import java.util.Optional;

/**
 * A port that carries tunnels of virtual networks, and the host stack's address there.
 *
 * @param name unique
 * @param port a TAP, whose kernel has an address of the same network, or an interface
 * @param address the host stack's own
 * @param prefixLength of the network that the port is in
 * @param gateway where packets for stations beyond that network go, of the same family; empty: there are none
 */
public record UnderlayConfig(
        String name, PortConfig port, OuterAddress address, int prefixLength, Optional<OuterAddress> gateway) {
    /** Largest IP packet that an underlay is used with, in bytes; its port may have a smaller one. */
    public static final int MAX_MTU = 9000;

    /** @return whether packets for an address of the same family have a way: to a station of the network, or its router */
    boolean reaches(final OuterAddress peer) {
        if (peer.isIpv6()) {
            final Ipv6 other = peer.ipv6().orElseThrow();
            final Ipv6 own = address.ipv6().orElseThrow();
            return gateway.isPresent() || other.prefix(prefixLength).equals(own.prefix(prefixLength));
        }
        final int mask = -1 << (Integer.SIZE - prefixLength);
        final Subnet subnet = new Subnet(address.ipv4() & mask, prefixLength);
        return subnet.contains(peer.ipv4()) ? subnet.isHostAddress(peer.ipv4()) : gateway.isPresent();
    }
}
