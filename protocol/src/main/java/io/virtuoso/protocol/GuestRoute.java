package io.virtuoso.protocol;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Where destinations belong that lie beyond a guest's subnets, since ABI 2.3: an entry of the table behind the region's
 * header. The longest prefix decides.
 *
 * @param high first eight bytes of the prefix, see {@link Addresses}; bits behind it are zero
 * @param low last eight bytes
 * @param prefixLength 0 to 128: of the 16 bytes, so that of IPv4 plus 96
 * @param target {@link #STACK} or {@link #NONE}
 */
public record GuestRoute(long high, long low, int prefixLength, int target) {
    public static final int ADDRESS_OFFSET = 0;
    public static final int PREFIX_LENGTH_OFFSET = 16;
    public static final int TARGET_OFFSET = 20;
    public static final int BYTES = 24;

    /** Where the table begins in a region. */
    public static final int AT = 256;

    /** Most entries of a table. */
    public static final int MOST = 64;

    /** No prefix fits. */
    public static final int UNKNOWN = 0;

    /** The host stack reaches it. */
    public static final int STACK = 1;

    /** Nobody reaches it: ENETUNREACH. */
    public static final int NONE = 2;

    private static final int IPV4_PREFIX = 96;
    private static final int FIRST_MINOR = 3;
    /** More than a host needs to change the table. */
    private static final int ATTEMPTS = 1_000_000;

    /** A route of IPv4, address in host order, its own prefix length from 0 to 32. */
    public static GuestRoute ipv4(int address, int prefixLength, int target) {
        return new GuestRoute(Addresses.IPV4_HIGH, Addresses.ipv4Low(address), IPV4_PREFIX + prefixLength, target);
    }

    /** Everything, of both families. */
    public static GuestRoute everything(int target) {
        return new GuestRoute(0, 0, 0, target);
    }

    /**
     * Writes the table of a fresh region, before {@link RegionHeader#initialise}.
     *
     * @throws IllegalArgumentException if there are more than {@link #MOST}
     */
    public static void write(ByteBuffer region, List<GuestRoute> routes) {
        if (routes.size() > MOST) {
            throw new IllegalArgumentException("more than " + MOST + " routes");
        }
        for (int i = 0; i < routes.size(); i++) {
            GuestRoute route = routes.get(i);
            int at = AT + i * BYTES;
            Views.setLong(region, at + ADDRESS_OFFSET, route.high);
            Views.setLong(region, at + ADDRESS_OFFSET + Long.BYTES, route.low);
            Views.setInt(region, at + PREFIX_LENGTH_OFFSET, route.prefixLength);
            Views.setInt(region, at + TARGET_OFFSET, route.target);
        }
        Views.setInt(region, RegionHeader.ROUTE_COUNT_OFFSET, routes.size());
    }

    /**
     * Replaces the table of a region that a guest may be reading: since ABI 2.4.
     *
     * @throws IllegalArgumentException if there are more than {@link #MOST}
     */
    public static void rewrite(ByteBuffer region, List<GuestRoute> routes) {
        int changing = Views.getInt(region, RegionHeader.ROUTE_VERSION_OFFSET) | 1;
        Views.setInt(region, RegionHeader.ROUTE_VERSION_OFFSET, changing);
        VarHandle.storeStoreFence();
        write(region, routes);
        Views.releaseInt(region, RegionHeader.ROUTE_VERSION_OFFSET, changing + 1);
    }

    /** The target of the longest prefix of an address (two words as {@link Addresses} has them), else {@link #UNKNOWN}. */
    public static int find(ByteBuffer region, long high, long low) {
        int target = UNKNOWN;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int version = Views.acquireInt(region, RegionHeader.ROUTE_VERSION_OFFSET);
            target = search(region, high, low);
            VarHandle.loadLoadFence();
            if ((version & 1) == 0 && version == Views.getInt(region, RegionHeader.ROUTE_VERSION_OFFSET)) {
                break;
            }
            Thread.onSpinWait();
        }
        return target;
    }

    /** Whether the host stack reaches an IPv6 address beyond the subnet, sixteen bytes. */
    public static boolean leads(ByteBuffer region, byte[] ipv6) {
        ByteBuffer bytes = ByteBuffer.wrap(ipv6).order(ByteOrder.LITTLE_ENDIAN);
        return find(region, bytes.getLong(0), bytes.getLong(Long.BYTES)) == STACK;
    }

    private static int search(ByteBuffer region, long high, long low) {
        int count = RegionHeader.abiMinor(region) < FIRST_MINOR
                ? 0
                : Math.max(0, Math.min(Views.getInt(region, RegionHeader.ROUTE_COUNT_OFFSET), MOST));
        int longest = -1;
        int target = UNKNOWN;
        for (int i = 0; i < count; i++) {
            int at = AT + i * BYTES;
            int length = Views.getInt(region, at + PREFIX_LENGTH_OFFSET);
            if (length > longest
                    && length <= 2 * Long.SIZE
                    && fits(high ^ Views.getLong(region, at + ADDRESS_OFFSET), length)
                    && fits(low ^ Views.getLong(region, at + ADDRESS_OFFSET + Long.BYTES), length - Long.SIZE)) {
                longest = length;
                target = Views.getInt(region, at + TARGET_OFFSET);
            }
        }
        return target;
    }

    /** Whether two words that differ by this (network order, read as little-endian) have their first bits in common. */
    private static boolean fits(long difference, int bits) {
        return bits <= 0 || Long.reverseBytes(difference) >>> Math.max(0, Long.SIZE - bits) == 0;
    }
}
