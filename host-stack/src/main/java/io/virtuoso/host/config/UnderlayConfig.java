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
}
