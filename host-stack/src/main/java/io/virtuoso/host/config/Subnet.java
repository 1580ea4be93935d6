package io.virtuoso.host.config;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An IPv4 subnet.
 *
 * @param address      network address, host order; bits behind the prefix are zero
 * @param prefixLength 1 to 30
 */
public record Subnet(int address, int prefixLength) {
    /** Shortest prefix a virtual network may have. */
    public static final int MIN_PREFIX = 1;
    /** Longest prefix that still leaves room for two hosts. */
    public static final int MAX_PREFIX = 30;

    private static final int FIRST_MULTICAST = 0xe000_0000;
    /** This network's, and each station's own. */
    private static final List<Subnet> NOBODYS = List.of(new Subnet(0, 8), new Subnet(127 << 24, 8));

    /** Checks the ranges. */
    public Subnet {
        if (prefixLength < MIN_PREFIX || prefixLength > MAX_PREFIX || (address & ~mask(prefixLength)) != 0) {
            throw new IllegalArgumentException("not a subnet: " + Ipv4.format(address) + "/" + prefixLength);
        }
    }

    /** @return the subnet written as {@code a.b.c.d/n}, or empty if it is not one or has bits behind its prefix */
    public static Optional<Subnet> parse(final String text) {
        return around(text)
                .filter(subnet ->
                        Ipv4.parse(text.substring(0, text.indexOf('/'))).equals(OptionalInt.of(subnet.address)));
    }

    /** @return the subnet of an address written as {@code a.b.c.d/n}, or empty if that is something else */
    static Optional<Subnet> around(final String text) {
        final int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("[1-9][0-9]?")) {
            return Optional.empty();
        }
        final OptionalInt address = Ipv4.parse(text.substring(0, slash));
        final int prefix = Integer.parseInt(text.substring(slash + 1));
        return address.isEmpty() || prefix > MAX_PREFIX
                ? Optional.empty()
                : Optional.of(new Subnet(address.getAsInt() & mask(prefix), prefix));
    }

    private static int mask(final int prefixLength) {
        return -1 << (32 - prefixLength);
    }

    /** @return the netmask, host order */
    public int mask() {
        return mask(prefixLength);
    }

    /** @return the address with all host bits set */
    public int broadcast() {
        return address | ~mask();
    }

    /** @return true if the address is one that a host of this subnet may have, so not multicast or reserved */
    public boolean isHostAddress(final int candidate) {
        return contains(candidate)
                && candidate != address
                && candidate != broadcast()
                && candidate >>> 28 < FIRST_MULTICAST >>> 28;
    }

    /** @return true if the address lies in this subnet */
    public boolean contains(final int candidate) {
        return (candidate & mask()) == address;
    }

    /** @return true if all but multicast and reserved addresses may be a station's, and some are */
    boolean isOfStations() {
        return address >>> 28 < FIRST_MULTICAST >>> 28 && NOBODYS.stream().noneMatch(this::overlaps);
    }

    /** @return true if the two subnets have an address in common */
    public boolean overlaps(final Subnet other) {
        return contains(other.address) || other.contains(address);
    }

    /** @return the lowest host address */
    public int firstHost() {
        return address + 1;
    }

    @Override
    public String toString() {
        return Ipv4.format(address) + "/" + prefixLength;
    }
}
