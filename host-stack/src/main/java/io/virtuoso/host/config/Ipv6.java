package io.virtuoso.host.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An IPv6 address.
 *
 * @param high first eight bytes, in network order
 * @param low  last eight bytes
 */
public record Ipv6(long high, long low) {
    private static final int GROUPS = 8;

    /** @return the address written so (RFC 4291 section 2.2), or empty if the text is anything else, or has a zone */
    public static Optional<Ipv6> parse(final String text) {
        if (text.indexOf(':') < 0 || text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
            return Optional.empty();
        }
        try {
            if (InetAddress.ofLiteral(text) instanceof Inet6Address address) {
                final ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
                return Optional.of(new Ipv6(bytes.getLong(), bytes.getLong()));
            }
        } catch (final IllegalArgumentException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    /** @return the first bits of the address, the others zero */
    Ipv6 prefix(final int bits) {
        return new Ipv6(high & mask(bits), low & mask(bits - Long.SIZE));
    }

    private static long mask(final int bits) {
        return bits <= 0 ? 0 : bits >= Long.SIZE ? -1L : -1L << (Long.SIZE - bits);
    }

    private int group(final int index) {
        final long half = index < GROUPS / 2 ? high : low;
        return (int) (half >>> (Short.SIZE * (GROUPS / 2 - 1 - index % (GROUPS / 2)))) & 0xffff;
    }

    /** @return the address as RFC 5952 writes it: the first of the longest runs of zeros left out */
    @Override
    public String toString() {
        int runAt = -1;
        int runLength = 1;
        for (int at = 0; at < GROUPS; at++) {
            int end = at;
            while (end < GROUPS && group(end) == 0) {
                end++;
            }
            if (end - at > runLength) {
                runAt = at;
                runLength = end - at;
            }
        }
        final StringBuilder text = new StringBuilder(40);
        for (int at = 0; at < GROUPS; at++) {
            if (at == runAt) {
                text.append("::");
                at += runLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(at)));
        }
        return text.toString();
    }
}
