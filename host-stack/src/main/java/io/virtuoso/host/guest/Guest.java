package io.virtuoso.host.guest;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A tenant's endpoint, as it is configured at the moment. Its identity is its name: a guest whose settings change while
 * the host stack runs gets another object, which equals this one.
 *
 * @param name    unique
 * @param network the virtual network it is in
 * @param address IPv4, host order
 * @param weight  share of CPU time relative to other guests, at least 1
 * @param congestion the congestion control of its connections, unless a socket chooses another
 * @param labels  what policies may know it by
 * @param limits  what it may use of a fast-path core
 * @param quotas  how much it may have at once
 * @param mac     Ethernet address of its network card, if it is a virtual machine that has one
 */
public record Guest(
        String name,
        NetworkConfig network,
        int address,
        int weight,
        CongestionAlgorithm congestion,
        Map<String, String> labels,
        GuestLimits limits,
        GuestQuotas quotas,
        OptionalLong mac) {
    /** Copies the labels. */
    public Guest {
        labels = Map.copyOf(labels);
    }

    /** A guest whose programs attach. */
    public Guest(
            final String name,
            final NetworkConfig network,
            final int address,
            final int weight,
            final CongestionAlgorithm congestion,
            final Map<String, String> labels,
            final GuestLimits limits,
            final GuestQuotas quotas) {
        this(name, network, address, weight, congestion, labels, limits, quotas, OptionalLong.empty());
    }

    /** @return its IPv6 address, if its network has IPv6 */
    public Optional<Ipv6> address6() {
        return network.address6(address);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof Guest guest && guest.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name + " (" + Ipv4.format(address) + ")";
    }
}
