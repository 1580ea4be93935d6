package io.virtuoso.host.config;

import io.virtuoso.host.tunnel.TunnelKind;
import java.util.List;
import java.util.OptionalInt;

/**
 * A virtual network's way over an underlay, shared with other networks. The VNI, or key, is the network's.
 *
 * @param underlay its name
 * @param udpPort of VXLAN; 0 for GRE
 * @param peers stations that the network is behind, all of the underlay's family, its own address not among them
 * @param learn whether others are taken for peers when they are heard from, and frames go only where their station is
 * @param gateway where guests' packets for addresses beyond the network go; empty: to the subnet's first address
 */
public record TunnelConfig(
        TunnelKind kind, String underlay, int udpPort, List<OuterAddress> peers, boolean learn, OptionalInt gateway)
        implements PortConfig {
    /** Copies the list. */
    public TunnelConfig {
        peers = List.copyOf(peers);
    }

    /** {@inheritDoc} It has no interface of its own. */
    @Override
    public String device() {
        return underlay;
    }
}
