package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * Neighbour solicitation and advertisement of Neighbour Discovery (RFC 4861 sections 4.3 and 4.4), over Ethernet
 * (RFC 2464).
 *
 * <pre>
 *   0      1      2          4       8        24
 *   | type | code | checksum | flags | target | options: type, length in 8 bytes, MAC
 * </pre>
 */
public final class NdMessage {
    /** Without options. */
    public static final int BYTES = 24;
    /** With the one option that carries a MAC. */
    public static final int BYTES_WITH_MAC = 32;

    public static final int SOLICITATION = 135;
    public static final int ADVERTISEMENT = 136;
    public static final int SOLICITED = 0x4000_0000;
    public static final int OVERRIDE = 0x2000_0000;
    public static final int SOURCE_MAC = 1;
    public static final int TARGET_MAC = 2;
    /** Every message has this hop limit, so none comes from beyond the link. */
    public static final int HOP_LIMIT = 255;
    /** There is no such option. */
    public static final long NO_MAC = -1;

    /** The first half of a solicited-node multicast address, ff02::1:ff00:0/104 (RFC 4291 section 2.7.1). */
    public static final long SOLICITED_NODE_HIGH = 0xff02_0000_0000_0000L;

    private static final int ROUTER_SOLICITATION = 133;
    private static final int REDIRECT = 137;
    private static final long SOLICITED_NODE_LOW = 0x0000_0001_ff00_0000L;
    /** The second half of the address of all nodes, ff02::1. */
    public static final long ALL_NODES_LOW = 1;

    private static final long LAST_24 = 0xff_ffffL;
    private static final long MULTICAST_MAC = 0x3333_0000_0000L;
    private static final int FLAGS = 4;
    private static final int TARGET = 8;
    private static final int OPTION_UNIT = 8;

    private NdMessage() {}

    /**
     * Checks a message whose checksum is right (RFC 4861 sections 7.1.1 and 7.1.2).
     *
     * @return null if it may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int ipAt, final int at, final int length) {
        if (length < BYTES
                || Ipv6Header.hopLimit(buffer, ipAt) != HOP_LIMIT
                || Icmpv6Message.code(buffer, at) != 0
                || Ipv6Header.isMulticast(targetHigh(buffer, at))) {
            return DropReason.ND_MALFORMED;
        }
        int option = at + BYTES;
        while (option < at + length) {
            final int left = at + length - option;
            final int bytes = left < OPTION_UNIT ? 0 : Wire.u8(buffer, option + 1) * OPTION_UNIT;
            if (bytes == 0 || bytes > left || isMac(Wire.u8(buffer, option)) && bytes != OPTION_UNIT) {
                return DropReason.ND_MALFORMED;
            }
            option += bytes;
        }
        return null;
    }

    /** Of Ethernet they have one length (RFC 2464 section 6). */
    private static boolean isMac(final int kind) {
        return kind == SOURCE_MAC || kind == TARGET_MAC;
    }

    public static int flags(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + FLAGS);
    }

    public static long targetHigh(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + TARGET);
    }

    public static long targetLow(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + TARGET + Long.BYTES);
    }

    /**
     * @param kind SOURCE_MAC or TARGET_MAC
     * @return the MAC in the first such option of a checked message, or {@link #NO_MAC}
     */
    public static long mac(final ByteBuffer buffer, final int at, final int length, final int kind) {
        int option = at + BYTES;
        while (option < at + length) {
            if (Wire.u8(buffer, option) == kind) {
                return Wire.mac(buffer, option + 2);
            }
            option += Wire.u8(buffer, option + 1) * OPTION_UNIT;
        }
        return NO_MAC;
    }

    /** Writes a message with one option, {@link #BYTES_WITH_MAC} long, without its checksum. */
    public static void write(
            final ByteBuffer buffer,
            final int at,
            final int type,
            final int flags,
            final long targetHigh,
            final long targetLow,
            final long mac) {
        Wire.put32(buffer, at, type << 24);
        Wire.put32(buffer, at + FLAGS, flags);
        Wire.put64(buffer, at + TARGET, targetHigh);
        Wire.put64(buffer, at + TARGET + Long.BYTES, targetLow);
        final int kind = type == SOLICITATION ? SOURCE_MAC : TARGET_MAC;
        Wire.put16(buffer, at + BYTES, kind << 8 | 1);
        Wire.putMac(buffer, at + BYTES + 2, mac);
    }

    /** Writes a solicitation without the sender's MAC. */
    public static void writeProbe(final ByteBuffer buffer, final int at, final long targetHigh, final long targetLow) {
        Wire.put32(buffer, at, SOLICITATION << 24);
        Wire.put32(buffer, at + FLAGS, 0);
        Wire.put64(buffer, at + TARGET, targetHigh);
        Wire.put64(buffer, at + TARGET + Long.BYTES, targetLow);
    }

    /** @return true for the types of Neighbour Discovery, those that are not acted on included */
    public static boolean isNd(final int type) {
        return type >= ROUTER_SOLICITATION && type <= REDIRECT;
    }

    /** @return the second half of the solicited-node address of an address */
    public static long solicitedNodeLow(final long low) {
        return SOLICITED_NODE_LOW | low & LAST_24;
    }

    /** @return true if an address is a solicited-node address */
    public static boolean isSolicitedNode(final long high, final long low) {
        return high == SOLICITED_NODE_HIGH && (low & ~LAST_24) == SOLICITED_NODE_LOW;
    }

    /** @return true for ff02::1 */
    public static boolean isAllNodes(final long high, final long low) {
        return high == SOLICITED_NODE_HIGH && low == ALL_NODES_LOW;
    }

    /** @return the MAC that a multicast packet goes to (RFC 2464 section 7) */
    public static long multicastMac(final long low) {
        return MULTICAST_MAC | low & 0xffff_ffffL;
    }

    /** @return true if a frame to this MAC holds an IPv6 multicast packet */
    public static boolean isMulticastMac(final long mac) {
        return mac >>> Integer.SIZE == MULTICAST_MAC >>> Integer.SIZE;
    }
}
