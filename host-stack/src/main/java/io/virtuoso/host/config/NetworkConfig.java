package io.virtuoso.host.config;

import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.host.tcp.EcnMode;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A virtual network.
 *
 * @param name   unique
 * @param vni    virtual network identifier, 0 to 2^24 - 1, unique
 * @param subnet its addresses; subnets of different networks may overlap
 * @param subnet6 its IPv6 addresses, if it has such
 * @param port   the way to everything that is not a guest, if there is one
 * @param congestion the congestion control of its guests' connections, unless a guest or a socket chooses another
 * @param ecn whether their connections use explicit congestion notification
 * @param pacing whether their connections spread a window over a round trip, whatever the congestion control
 * @param reach what lies beyond the subnet
 */
public record NetworkConfig(
        String name,
        int vni,
        Subnet subnet,
        Optional<Subnet6> subnet6,
        Optional<PortConfig> port,
        CongestionAlgorithm congestion,
        EcnMode ecn,
        boolean pacing,
        ReachConfig reach) {
    /** Largest virtual network identifier (RFC 7348 section 5). */
    public static final int MAX_VNI = (1 << 24) - 1;
    /** Largest IP packet in a virtual network, in bytes. */
    public static final int MTU = 1500;

    /** @return the IPv6 address of the station with an IPv4 address, if the network has an IPv6 subnet */
    public Optional<Ipv6> address6(final int ipv4) {
        return subnet6.map(six -> six.station(subnet, ipv4));
    }

    /** @return true if a route leads by the uplink */
    public boolean leavesByUplink() {
        return reach.routes().stream().anyMatch(route -> route.via().isEmpty())
                || reach.routes6().stream().anyMatch(route -> route.via().isEmpty());
    }

    /** @return true if a route leads by the station with this address, or by the one that has its address of IPv6 */
    public boolean isRouter(final int address) {
        return isRouter6(address)
                || reach.routes().stream().anyMatch(route -> route.via().equals(OptionalInt.of(address)));
    }

    /** @return true if an IPv6 route leads by the station that has this one's address of IPv6 */
    boolean isRouter6(final int address) {
        return reach.routes6().stream()
                .anyMatch(route -> route.via().isPresent() && route.via().equals(address6(address)));
    }

    /** @return the address that guests use as gateway: the port's, else the subnet's first */
    public int gateway() {
        return port.map(PortConfig::gateway).orElse(OptionalInt.empty()).orElse(subnet.firstHost());
    }
}
