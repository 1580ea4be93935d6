package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * Ethernet II header. {@code at} is the frame's first byte; the caller has checked that {@link #BYTES} are there.
 *
 * <pre>
 *   0            6            12     14
 *   | destination | source     | type | payload
 * </pre>
 */
public final class EthernetHeader {
    public static final int BYTES = 14;
    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_IPV6 = 0x86dd;
    /** A VLAN tag (IEEE 802.1Q). */
    public static final int TYPE_VLAN = 0x8100;
    /** The outer one of two VLAN tags (IEEE 802.1ad). */
    public static final int TYPE_OUTER_VLAN = 0x88a8;
    /** The destination of all stations. */
    public static final long BROADCAST = 0xffff_ffff_ffffL;

    private static final int DESTINATION = 0;
    private static final int SOURCE = 6;
    private static final int TYPE = 12;
    private static final long GROUP_BIT = 0x0100_0000_0000L;

    private EthernetHeader() {}

    public static long destination(final ByteBuffer buffer, final int at) {
        return Wire.mac(buffer, at + DESTINATION);
    }

    public static long source(final ByteBuffer buffer, final int at) {
        return Wire.mac(buffer, at + SOURCE);
    }

    public static int type(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + TYPE);
    }

    /** @return true for multicast and broadcast addresses */
    public static boolean isGroup(final long mac) {
        return (mac & GROUP_BIT) != 0;
    }

    /** Writes the whole header. */
    public static void write(
            final ByteBuffer buffer, final int at, final long destination, final long source, final int type) {
        Wire.putMac(buffer, at + DESTINATION, destination);
        Wire.putMac(buffer, at + SOURCE, source);
        Wire.put16(buffer, at + TYPE, type);
    }
}
