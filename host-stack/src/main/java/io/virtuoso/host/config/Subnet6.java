package io.virtuoso.host.config;

import java.util.Optional;

/**
 * An IPv6 subnet. Each station has in it the address whose last 32 bits are its number in the network's IPv4 subnet, so
 * nothing more has to be given out.
 *
 * @param address      bits behind the prefix are zero
 * @param prefixLength {@link #MIN_PREFIX} to {@link #MAX_PREFIX}
 */
public record Subnet6(Ipv6 address, int prefixLength) {
    /** Guests take the first half of each other's addresses for their own. */
    public static final int MIN_PREFIX = 64;
    /** Leaves room for any number of a station. */
    public static final int MAX_PREFIX = 96;

    /** Checks the ranges. */
    public Subnet6 {
        if (prefixLength < MIN_PREFIX || prefixLength > MAX_PREFIX || (address.low() & ~mask(prefixLength)) != 0) {
            throw new IllegalArgumentException("not an IPv6 subnet: " + address + "/" + prefixLength);
        }
    }

    /**
     * @return the subnet written as {@code fd00:1::/64}, or empty if it is none, has bits behind its prefix, or is not for
     *     stations: only 2000::/3 and fc00::/7 are
     */
    public static Optional<Subnet6> parse(final String text) {
        final int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("[1-9][0-9]?")) {
            return Optional.empty();
        }
        final Optional<Ipv6> address = Ipv6.parse(text.substring(0, slash));
        final int prefix = Integer.parseInt(text.substring(slash + 1));
        final boolean fits = address.isPresent()
                && (address.get().high() >>> 61 == 1 || address.get().high() >>> 57 == 0x7e)
                && prefix >= MIN_PREFIX
                && prefix <= MAX_PREFIX
                && (address.get().low() & ~mask(prefix)) == 0;
        return fits ? Optional.of(new Subnet6(address.get(), prefix)) : Optional.empty();
    }

    private static long mask(final int prefixLength) {
        return prefixLength == Long.SIZE ? 0 : -1L << (2 * Long.SIZE - prefixLength);
    }

    /** @return true if an address, two halves in network order, is of this subnet */
    public boolean contains(final long high, final long low) {
        return high == address.high() && (low & mask(prefixLength)) == address.low();
    }

    /** @return true if a station may have the address */
    boolean isStation(final Ipv6 other) {
        return other.prefix(prefixLength).equals(address) && !other.equals(address);
    }

    /** @return the address of the station that has this one in the network's IPv4 subnet */
    public Ipv6 station(final Subnet subnet, final int ipv4) {
        return new Ipv6(address.high(), address.low() | ipv4 - subnet.address() & 0xffff_ffffL);
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
