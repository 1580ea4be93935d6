package io.virtuoso.host.port;

import java.nio.charset.StandardCharsets;

/**
 * A TAP device to be made.
 *
 * @param name interface name, 1 to 15 bytes
 * @param address the kernel's IPv4 address on it, host order; 0: it has none, but one of IPv6
 * @param prefixLength of the IPv4 address's subnet, 1 to 30; 0 without that address
 * @param mtu 576 to 65,535 bytes; 1,280 at least with IPv6
 * @param ipv6 the kernel's IPv6 address on it, or null
 */
public record TapSettings(String name, int address, int prefixLength, int mtu, Ipv6 ipv6) {
    /** Longest interface name, in bytes. */
    public static final int MAX_NAME = 15;

    private static final int MIN_MTU_IPV6 = 1280;

    /**
     * An IPv6 address.
     *
     * @param high first eight bytes, in network order
     * @param low last eight bytes
     * @param prefixLength of its subnet, 1 to 127
     */
    public record Ipv6(long high, long low, int prefixLength) {}

    /** Checks the ranges. */
    public TapSettings {
        final int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > MAX_NAME || name.indexOf('/') >= 0 || name.indexOf('%') >= 0) {
            throw new IllegalArgumentException("not an interface name: '" + name + "'");
        }
        if (address == 0 ? ipv6 == null || prefixLength != 0 : prefixLength < 1 || prefixLength > 30) {
            throw new IllegalArgumentException("prefix length is 1 to 30, not " + prefixLength);
        }
        if (mtu < 576 || mtu > 65_535) {
            throw new IllegalArgumentException("MTU is 576 to 65535 bytes, not " + mtu);
        }
        if (ipv6 != null && mtu < MIN_MTU_IPV6) {
            throw new IllegalArgumentException("MTU is 1280 bytes at least with IPv6, not " + mtu);
        }
    }

    /** A device without IPv4. */
    public static TapSettings ofIpv6(final String name, final Ipv6 address, final int mtu) {
        return new TapSettings(name, 0, 0, mtu, address);
    }

    /** A device without IPv6. */
    public TapSettings(final String name, final int address, final int prefixLength, final int mtu) {
        this(name, address, prefixLength, mtu, null);
    }
}
