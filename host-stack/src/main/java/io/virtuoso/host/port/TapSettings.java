package io.virtuoso.host.port;

import java.nio.charset.StandardCharsets;

/**
 * A TAP device to be made.
 *
 * @param name interface name, 1 to 15 bytes
 * @param address the kernel's IPv4 address on it, host order
 * @param prefixLength 1 to 30
 * @param mtu 576 to 65,535 bytes
 */
public record TapSettings(String name, int address, int prefixLength, int mtu) {
    /** Longest interface name, in bytes. */
    public static final int MAX_NAME = 15;

    /** Checks the ranges. */
    public TapSettings {
        final int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > MAX_NAME || name.indexOf('/') >= 0 || name.indexOf('%') >= 0) {
            throw new IllegalArgumentException("not an interface name: '" + name + "'");
        }
        if (prefixLength < 1 || prefixLength > 30) {
            throw new IllegalArgumentException("prefix length is 1 to 30, not " + prefixLength);
        }
        if (mtu < 576 || mtu > 65_535) {
            throw new IllegalArgumentException("MTU is 576 to 65535 bytes, not " + mtu);
        }
    }
}
