package io.virtuoso.host.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where a network's packets for some addresses beyond its subnet go.
 *
 * @param address      IPv4, host order; bits behind the prefix are zero
 * @param prefixLength 0 to 32
 * @param via          a router of the network's own subnet, behind its port; empty: the uplink
 */
public record RouteConfig(int address, int prefixLength, OptionalInt via) {
    /** Most routes of a network, of both families: what guests are told of has room for these and two more. */
    public static final int MOST = 62;

    /** @return a route to the prefix written as {@code 10.9.0.0/16}, or empty if it is none, or has bits behind it */
    static Optional<RouteConfig> parse(final String to, final OptionalInt via) {
        final int slash = to.indexOf('/');
        if (slash < 0 || !to.substring(slash + 1).matches("0|[1-9][0-9]?")) {
            return Optional.empty();
        }
        final OptionalInt address = Ipv4.parse(to.substring(0, slash));
        final int prefix = Integer.parseInt(to.substring(slash + 1));
        final boolean fits = address.isPresent()
                && prefix <= Integer.SIZE
                && (prefix == Integer.SIZE || address.getAsInt() << prefix == 0);
        return fits ? Optional.of(new RouteConfig(address.getAsInt(), prefix, via)) : Optional.empty();
    }

    @Override
    public String toString() {
        return Ipv4.format(address) + "/" + prefixLength;
    }
}
