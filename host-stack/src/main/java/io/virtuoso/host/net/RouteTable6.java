package io.virtuoso.host.net;

import java.util.Comparator;
import java.util.List;

/**
 * Where IPv6 packets go that leave the subnet, as {@link RouteTable} says it of IPv4. One thread. Addresses are two longs
 * in network order.
 */
public final class RouteTable6 {
    private Route[] routes;

    /**
     * One route.
     *
     * @param high first half of the prefix; bits behind it are zero
     * @param low second half
     * @param prefixLength 0 to 128
     * @param hopHigh a station of the subnet, or link-local; {@code ::}: the uplink
     */
    public record Route(long high, long low, int prefixLength, long hopHigh, long hopLow) {
        /** Checks the ranges. */
        public Route {
            if (prefixLength < 0
                    || prefixLength > 2 * Long.SIZE
                    || (high & ~highMask(prefixLength)) != 0
                    || (low & ~highMask(prefixLength - Long.SIZE)) != 0) {
                throw new IllegalArgumentException("not a prefix of " + prefixLength + " bits");
            }
        }

        private static long highMask(final int bits) {
            return bits <= 0 ? 0 : bits >= Long.SIZE ? -1L : -1L << (Long.SIZE - bits);
        }

        boolean covers(final long addressHigh, final long addressLow) {
            return (addressHigh & highMask(prefixLength)) == high
                    && (addressLow & highMask(prefixLength - Long.SIZE)) == low;
        }

        /** @return true if the network's own port is not the way */
        public boolean isByUplink() {
            return (hopHigh | hopLow) == 0;
        }
    }

    /** @param routes no two with the same prefix */
    public RouteTable6(final List<Route> routes) {
        this.routes = routes.stream()
                .sorted(Comparator.comparingInt(Route::prefixLength).reversed())
                .toArray(Route[]::new);
    }

    /** @return a table in which everything goes to this station; {@code ::}: nothing goes anywhere */
    public static RouteTable6 toEverything(final long high, final long low) {
        return new RouteTable6((high | low) == 0 ? List.of() : List.of(new Route(0, 0, 0, high, low)));
    }

    /** Takes over the routes of another table, for whoever has this one. */
    public void become(final RouteTable6 other) {
        routes = other.routes;
    }

    /** @return the route of packets to an address beyond the subnet; null: there is none */
    public Route find(final long high, final long low) {
        for (final Route route : routes) {
            if (route.covers(high, low)) {
                return route;
            }
        }
        return null;
    }
}
