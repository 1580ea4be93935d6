package io.virtuoso.host.net;

import io.virtuoso.host.wire.Ipv6Header;

/** Next hops of both families. Addresses are ints, see {@link Ipv6Numbers}. */
final class Routes {
    /** No next hop. */
    static final int NO_ROUTE = RouteTable.NO_ROUTE;

    private final NetworkSettings network;
    private final Ipv6Numbers numbers;
    private final int gateway6;

    Routes(final NetworkSettings network, final Ipv6Numbers numbers) {
        this.network = network;
        this.numbers = numbers;
        final NetworkSettings.Ipv6 ipv6 = network.ipv6();
        final boolean gateway = ipv6 != null && (ipv6.gatewayHigh() | ipv6.gatewayLow()) != 0;
        this.gateway6 = gateway ? numbers.takeForEver(ipv6.gatewayHigh(), ipv6.gatewayLow()) : NO_ROUTE;
    }

    /** @return true if the address is a station's on the link */
    boolean onLink(final int address) {
        return Ipv6Numbers.isIpv6(address)
                ? network.ipv6() != null
                        && (Ipv6Header.isLinkLocal(numbers.high(address))
                                || network.ipv6().onLink(numbers.high(address), numbers.low(address)))
                : network.onLink(address);
    }

    /** @return the station that a packet is handed to, or {@link #NO_ROUTE} */
    int nextHop(final int destination) {
        if (onLink(destination)) {
            return destination;
        }
        if (Ipv6Numbers.isIpv6(destination)) {
            return gateway6;
        }
        final int hop = network.routes().nextHop(destination);
        return hop == RouteTable.UPLINK ? NO_ROUTE : hop; // what leaves by the uplink does not come this way
    }
}
