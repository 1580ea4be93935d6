package io.virtuoso.host.guest;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.util.Optional;

/**
 * A tenant's endpoint. Its identity is its name; there is one object per guest and run of the host stack.
 *
 * @param name    unique
 * @param network the virtual network it is in
 * @param address IPv4, host order
 * @param weight  share of CPU time relative to other guests, at least 1
 * @param congestion the congestion control of its connections, unless a socket chooses another
 */
public record Guest(String name, NetworkConfig network, int address, int weight, CongestionAlgorithm congestion) {
    /** @return its IPv6 address, if its network has IPv6 */
    public Optional<Ipv6> address6() {
        return network.address6(address);
    }

    @Override
    public String toString() {
        return name + " (" + Ipv4.format(address) + ")";
    }
}
