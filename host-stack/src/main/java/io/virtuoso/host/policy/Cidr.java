package io.virtuoso.host.policy;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.net.Ipv6Numbers;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A block of addresses of one family.
 *
 * @param ipv6   the family
 * @param high   first eight bytes of an IPv6 address, in network order; 0 for IPv4
 * @param low    the other eight, or the IPv4 address, in host order; bits behind the prefix are zero
 * @param prefix length, 0 to 32 or 128
 */
public record Cidr(boolean ipv6, long high, long low, int prefix) {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    /**
     * @return the block written as {@code 10.1.0.0/16}, {@code fd00:1::/64} or a single address; empty if the text is
     *     none, or has bits behind its prefix
     */
    public static Optional<Cidr> parse(final String text) {
        final int slash = text.indexOf('/');
        final String address = slash < 0 ? text : text.substring(0, slash);
        final Optional<Ipv6> six = Ipv6.parse(address);
        final OptionalInt four = Ipv4.parse(address);
        final int bits = six.isPresent() ? IPV6_BITS : IPV4_BITS;
        final String length = slash < 0 ? Integer.toString(bits) : text.substring(slash + 1);
        if (six.isEmpty() && four.isEmpty() || !length.matches("0|[1-9][0-9]{0,2}")) {
            return Optional.empty();
        }
        final int prefix = Integer.parseInt(length);
        final Cidr block = six.isPresent()
                ? new Cidr(true, six.get().high(), six.get().low(), prefix)
                : new Cidr(false, 0, Integer.toUnsignedLong(four.getAsInt()), prefix);
        return prefix <= bits && block.hasOnlyPrefixBits() ? Optional.of(block) : Optional.empty();
    }

    private boolean hasOnlyPrefixBits() {
        return (high & ~highMask()) == 0 && (low & ~lowMask()) == 0;
    }

    private long highMask() {
        return mask(Math.min(prefix, Long.SIZE));
    }

    private long lowMask() {
        return ipv6 ? mask(Math.max(prefix - Long.SIZE, 0)) : mask(prefix + IPV4_BITS) & 0xffff_ffffL;
    }

    private static long mask(final int length) {
        return length == 0 ? 0 : -1L << (Long.SIZE - length);
    }

    /**
     * @param address see {@link Ipv6Numbers}
     * @param numbers what it means if it is of IPv6
     */
    boolean contains(final int address, final Ipv6Numbers numbers) {
        if (Ipv6Numbers.isIpv6(address) != ipv6) {
            return false;
        }
        return ipv6
                ? (numbers.high(address) & highMask()) == high && (numbers.low(address) & lowMask()) == low
                : (Integer.toUnsignedLong(address) & lowMask()) == low;
    }

    @Override
    public String toString() {
        return (ipv6 ? new Ipv6(high, low).toString() : Ipv4.format((int) low)) + "/" + prefix;
    }
}
