package io.virtuoso.host.net;

import io.virtuoso.host.wire.Ipv6Header;

/**
 * A virtual network on a port. IPv4 addresses are ints in host order.
 *
 * @param subnet network address
 * @param prefixLength 1 to 30
 * @param routes where packets for addresses beyond the subnet go
 * @param ipv6 the IPv6 subnet, or null
 */
public record NetworkSettings(int subnet, int prefixLength, RouteTable routes, Ipv6 ipv6) {
    /** As prefix length: no station has an IPv4 address. */
    private static final int NO_IPV4 = 32;

    /** Checks the ranges. */
    public NetworkSettings {
        final boolean none = prefixLength == NO_IPV4 && subnet == 0 && ipv6 != null;
        final boolean range = prefixLength >= 1 && prefixLength <= 30;
        if (!none && (!range || (subnet & ~(-1 << (Integer.SIZE - prefixLength))) != 0)) {
            throw new IllegalArgumentException("not a subnet: " + Integer.toHexString(subnet) + "/" + prefixLength);
        }
    }

    /** A network whose packets for addresses beyond the subnet all go to one gateway; 0: there is none. */
    public NetworkSettings(final int subnet, final int prefixLength, final int gateway, final Ipv6 ipv6) {
        this(subnet, prefixLength, RouteTable.toEverything(gateway), ipv6);
    }

    /** The same without IPv6. */
    public NetworkSettings(final int subnet, final int prefixLength, final int gateway) {
        this(subnet, prefixLength, gateway, null);
    }

    /** @return a network of IPv6 only */
    public static NetworkSettings ofIpv6(final Ipv6 ipv6) {
        return new NetworkSettings(0, NO_IPV4, 0, ipv6);
    }

    /**
     * The IPv6 side. An address is two longs in network order.
     *
     * @param prefixLength 64 to 126; guests' networks have at most 96
     * @param routes where packets for addresses beyond the subnet go
     */
    public record Ipv6(long high, long low, int prefixLength, RouteTable6 routes) {
        /** Checks the ranges. */
        public Ipv6 {
            if (prefixLength < 64 || prefixLength > 126 || (low & ~lowMask(prefixLength)) != 0) {
                throw new IllegalArgumentException("not an IPv6 subnet of a prefix length from 64 to 126");
            }
        }

        /** A subnet whose packets for other addresses all go to one gateway; {@code ::}: nowhere. */
        public Ipv6(
                final long high,
                final long low,
                final int prefixLength,
                final long gatewayHigh,
                final long gatewayLow) {
            this(high, low, prefixLength, RouteTable6.toEverything(gatewayHigh, gatewayLow));
        }

        private static long lowMask(final int prefixLength) {
            return prefixLength == Long.SIZE ? 0 : -1L << (2 * Long.SIZE - prefixLength);
        }

        /** @return true if the address is a station's on this link: of the subnet, or link-local */
        boolean onLink(final long addressHigh, final long addressLow) {
            return Ipv6Header.isLinkLocal(addressHigh)
                    || addressHigh == high && (addressLow & lowMask(prefixLength)) == low && addressLow != low;
        }
    }

    /** @return true if the IPv4 address is a station's in this subnet */
    public boolean onLink(final int address) {
        final int mask = -1 << (Integer.SIZE - prefixLength);
        return (address & mask) == subnet
                && address != subnet
                && address != (subnet | ~mask)
                && !Ipv6Numbers.isIpv6(address);
    }
}
