package io.virtuoso.protocol;

/**
 * Addresses as the ABI carries them: 16 bytes in network order, seen as two little-endian words.
 *
 * <p>IPv4 is ::ffff:a.b.c.d. An IPv4 address as an {@code int} is in host order: 10.88.0.1 is 0x0a580001. A word that
 * holds no IPv4 address is told apart by {@link #isIpv4}.
 */
public final class Addresses {
    /** The first word of every IPv4 address. */
    public static final long IPV4_HIGH = 0L;

    private static final long IPV4_MARK = 0xffff_0000L;

    private Addresses() {}

    /** The second word of ::ffff:a.b.c.d. */
    public static long ipv4Low(int ipv4) {
        return IPV4_MARK | (Integer.reverseBytes(ipv4) & 0xffff_ffffL) << 32;
    }

    /** Whether the two words are an IPv4 address. */
    public static boolean isIpv4(long high, long low) {
        return high == IPV4_HIGH && (low & 0xffff_ffffL) == IPV4_MARK;
    }

    /** Whether the two words are "any address": :: or ::ffff:0.0.0.0. */
    public static boolean isAny(long high, long low) {
        return high == 0 && (low == 0 || low == IPV4_MARK);
    }

    /** The IPv4 address in a second word for which {@link #isIpv4} holds, in host order. */
    public static int ipv4(long low) {
        return Integer.reverseBytes((int) (low >>> 32));
    }

    /** Dotted decimal, for messages. */
    public static String text(int ipv4) {
        return (ipv4 >>> 24) + "." + (ipv4 >>> 16 & 255) + "." + (ipv4 >>> 8 & 255) + "." + (ipv4 & 255);
    }
}
