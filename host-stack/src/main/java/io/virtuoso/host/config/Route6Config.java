package io.virtuoso.host.config;

import java.util.Optional;

/**
 * Where a network's IPv6 packets for some addresses beyond its subnet go.
 *
 * @param address      bits behind the prefix are zero
 * @param prefixLength 0 to 128
 * @param via          a router of the network's own subnet, or a link-local one, behind its port; empty: the uplink
 */
public record Route6Config(Ipv6 address, int prefixLength, Optional<Ipv6> via) {
    private static final int MAX_PREFIX = 128;

    /** @return a route to the prefix written as {@code 2001:db8::/32}, or empty if it is none, or has bits behind it */
    static Optional<Route6Config> parse(final String to, final Optional<Ipv6> via) {
        final int slash = to.indexOf('/');
        if (slash < 0 || !to.substring(slash + 1).matches("0|[1-9][0-9]{0,2}")) {
            return Optional.empty();
        }
        final int prefix = Integer.parseInt(to.substring(slash + 1));
        return Ipv6.parse(to.substring(0, slash))
                .filter(address ->
                        prefix <= MAX_PREFIX && address.prefix(prefix).equals(address))
                .map(address -> new Route6Config(address, prefix, via));
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
