package io.virtuoso.host.net;

import java.util.Comparator;
import java.util.List;

/**
 * Where IPv4 packets go that leave the subnet: the longest prefix decides (RFC 1812 section 5.2.4.3). A handful of routes
 * is searched from the longest to the shortest. One thread. Addresses are ints in host order.
 */
public final class RouteTable {
    /** No next hop. */
    public static final int NO_ROUTE = 0;

    /** Next hop of what leaves by the uplink rather than by the network's own port; no station has this address. */
    public static final int UPLINK = -1;

    private Route[] routes;

    /**
     * One route.
     *
     * @param address bits behind the prefix are zero
     * @param prefixLength 0 to 32
     * @param nextHop a station of the subnet, or {@link #UPLINK}
     */
    public record Route(int address, int prefixLength, int nextHop) {
        /** Checks the ranges. */
        public Route {
            if (prefixLength < 0 || prefixLength > Integer.SIZE || (address & ~mask(prefixLength)) != 0) {
                throw new IllegalArgumentException(
                        "not a prefix: " + Integer.toHexString(address) + "/" + prefixLength);
            }
        }

        private static int mask(final int prefixLength) {
            return prefixLength == 0 ? 0 : -1 << (Integer.SIZE - prefixLength);
        }

        boolean covers(final int destination) {
            return (destination & mask(prefixLength)) == address;
        }
    }

    /** @param routes no two with the same prefix */
    public RouteTable(final List<Route> routes) {
        this.routes = routes.stream()
                .sorted(Comparator.comparingInt(Route::prefixLength).reversed())
                .toArray(Route[]::new);
    }

    /** @return a table in which everything has this next hop; {@link #NO_ROUTE}: nothing has any */
    public static RouteTable toEverything(final int nextHop) {
        return new RouteTable(nextHop == NO_ROUTE ? List.of() : List.of(new Route(0, 0, nextHop)));
    }

    /** Takes over the routes of another table, for whoever has this one. */
    public void become(final RouteTable other) {
        routes = other.routes;
    }

    /** @return the station that a packet for a destination beyond the subnet is handed to */
    public int nextHop(final int destination) {
        for (final Route route : routes) {
            if (route.covers(destination)) {
                return route.nextHop;
            }
        }
        return NO_ROUTE;
    }
}
