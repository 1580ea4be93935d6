package io.virtuoso.host.ffm;

/**
 * A block of IPv6 addresses, or one.
 *
 * @param high first eight bytes, network order
 * @param low last eight bytes; bits behind the prefix do not count
 * @param length 0 to 128
 */
public record Ipv6Prefix(long high, long low, int length) {
    private static final int BITS = 128;

    /** One address. */
    public Ipv6Prefix(long high, long low) {
        this(high, low, BITS);
    }

    /** @return how many words of 32 bits it reaches into */
    int words() {
        return (length + Integer.SIZE - 1) / Integer.SIZE;
    }

    /** @return the bits of a word that count */
    int mask(int word) {
        int behind = Math.max(0, (word + 1) * Integer.SIZE - length);
        return behind == Integer.SIZE ? 0 : -1 << behind;
    }

    /** @return a word as it must be where the mask says so */
    int word(int word) {
        long half = word < 2 ? high : low;
        return (int) (word % 2 == 0 ? half >>> Integer.SIZE : half) & mask(word);
    }
}
