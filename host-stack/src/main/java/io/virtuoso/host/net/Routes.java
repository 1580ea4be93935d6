package io.virtuoso.host.net;

import io.virtuoso.host.wire.Ipv6Header;

/** Next hops of both families. Addresses are ints, see {@link Ipv6Numbers}. */
final class Routes {
    /** No next hop. */
    static final int NO_ROUTE = RouteTable.NO_ROUTE;

    private final NetworkSettings network;
    private final Ipv6Numbers numbers;

    Routes(final NetworkSettings network, final Ipv6Numbers numbers) {
        this.network = network;
        this.numbers = numbers;
    }

    /** @return true if the address is a station's on the link */
    boolean onLink(final int address) {
        return Ipv6Numbers.isIpv6(address)
                ? network.ipv6() != null
                        && (Ipv6Header.isLinkLocal(numbers.high(address))
                                || network.ipv6().onLink(numbers.high(address), numbers.low(address)))
                : network.onLink(address);
    }

    /** A router keeps its number: there are few. */
    private int nextHop6(final long high, final long low) {
        final RouteTable6.Route route =
                network.ipv6() == null ? null : network.ipv6().routes().find(high, low);
        if (route == null || route.isByUplink()) {
            return NO_ROUTE;
        }
        final int known = numbers.find(route.hopHigh(), route.hopLow());
        return known != Ipv6Numbers.NONE ? known : numbers.takeForEver(route.hopHigh(), route.hopLow());
    }

    /** @return the station that a packet is handed to, or {@link #NO_ROUTE} */
    int nextHop(final int destination) {
        if (onLink(destination)) {
            return destination;
        }
        if (Ipv6Numbers.isIpv6(destination)) {
            return nextHop6(numbers.high(destination), numbers.low(destination));
        }
        final int hop = network.routes().nextHop(destination);
        return hop == RouteTable.UPLINK ? NO_ROUTE : hop; // what leaves by the uplink does not come this way
    }
}
