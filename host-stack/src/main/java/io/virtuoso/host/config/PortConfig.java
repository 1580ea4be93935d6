package io.virtuoso.host.config;

import java.util.OptionalInt;

/** How a virtual network reaches everything that is not a guest. */
public sealed interface PortConfig permits TapConfig, PacketConfig, XdpConfig, TunnelConfig {
    /** @return name of the network interface, 1 to 15 characters; of a tunnel, its underlay's name */
    String device();

    /** @return the guests' gateway, IPv4, host order; empty: the subnet's first address */
    OptionalInt gateway();
}
