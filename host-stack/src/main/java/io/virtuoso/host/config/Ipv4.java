package io.virtuoso.host.config;

import java.util.OptionalInt;

/** IPv4 addresses as plain {@code int}s in host order, and their dotted text. */
public final class Ipv4 {
    private Ipv4() {}

    /**
     * Reads an address of four decimal parts.
     *
     * @return the address, or empty if the text is anything else (short forms and leading zeros included, since tools
     *     disagree about what they mean)
     */
    public static OptionalInt parse(final String text) {
        final String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return OptionalInt.empty();
        }
        int address = 0;
        for (final String part : parts) {
            final int value = parsePart(part);
            if (value < 0) {
                return OptionalInt.empty();
            }
            address = address << 8 | value;
        }
        return OptionalInt.of(address);
    }

    private static int parsePart(final String part) {
        if (part.isEmpty() || part.length() > 3 || (part.length() > 1 && part.charAt(0) == '0')) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < part.length(); i++) {
            final int digit = part.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value <= 255 ? value : -1;
    }

    /** @return the dotted text of an address */
    public static String format(final int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address & 0xff);
    }
}
