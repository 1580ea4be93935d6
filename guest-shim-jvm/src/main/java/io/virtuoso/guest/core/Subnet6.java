package io.virtuoso.guest.core;

import io.virtuoso.protocol.RegionSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The IPv6 subnet of this guest, and the guest's address in it; and IPv6 addresses as the two words of the ABI. */
final class Subnet6 {
    private static final int BYTES = 16;

    private static final InetAddress LOOPBACK_IPV4 = SlotUse.inetAddress(0x7f00_0001);
    private static final InetAddress LOOPBACK = address(loopbackBytes(), null);

    private final byte[] own;
    private final int prefixBits;

    private Subnet6(byte[] own, int prefixBits) {
        this.own = own;
        this.prefixBits = prefixBits;
    }

    /** What the host stack said; null: the guest has no IPv6. */
    static Subnet6 of(RegionSettings settings) {
        int bits = settings.prefixLength6();
        return bits < Byte.SIZE || bits > BYTES * Byte.SIZE
                ? null
                : new Subnet6(bytes(settings.address6High(), settings.address6Low()), bits);
    }

    /** Whether an address of IPv6, sixteen bytes, is one of this subnet. */
    boolean contains(byte[] address) {
        int whole = prefixBits / Byte.SIZE;
        int mask = 0xff00 >> prefixBits % Byte.SIZE & 0xff;
        return address.length == BYTES
                && Arrays.equals(address, 0, whole, own, 0, whole)
                && (mask == 0 || ((address[whole] ^ own[whole]) & mask) == 0);
    }

    /** The guest's own address. */
    InetAddress own() {
        return address(own, null);
    }

    /**
     * The station with these last eight bytes, which begins as the own address does.
     *
     * @param low the word of the ABI
     * @param name that the address shows
     */
    InetAddress station(long low, String name) {
        return address(bytes(high(own), low), name);
    }

    /** The first word of an address of IPv6. */
    static long high(byte[] address) {
        return ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }

    /** The second word. */
    static long low(byte[] address) {
        return ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).getLong(Long.BYTES);
    }

    /** The address that two words are: of IPv4 if it is mapped into IPv6. */
    static InetAddress address(long high, long low) {
        return address(bytes(high, low), null);
    }

    /** Any address of IPv6. */
    static InetAddress any() {
        return address(new byte[BYTES], null);
    }

    /** 127.0.0.1 or ::1, as the family of another address is. */
    static InetAddress loopbackLike(InetAddress other) {
        return Routing.isIpv4(other) ? LOOPBACK_IPV4 : LOOPBACK;
    }

    private static byte[] loopbackBytes() {
        byte[] loopback = new byte[BYTES];
        loopback[BYTES - 1] = 1;
        return loopback;
    }

    private static byte[] bytes(long high, long low) {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(high)
                .putLong(low)
                .array();
    }

    private static InetAddress address(byte[] bytes, String name) {
        try {
            return InetAddress.getByAddress(name, bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
