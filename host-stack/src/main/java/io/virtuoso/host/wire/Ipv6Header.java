package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * IPv6 header (RFC 8200 section 3). {@link #check} comes first; after it every accessor is within bounds. An address is
 * two longs in network order: {@code high} its first eight bytes, {@code low} its last.
 *
 * <pre>
 *   0                  4                6             7           8        24            40
 *   | v, class, label  | payload length | next header | hop limit | source | destination | extensions, payload
 * </pre>
 */
public final class Ipv6Header {
    public static final int BYTES = 40;
    /** First half of link-local addresses. */
    public static final long LINK_LOCAL_HIGH = 0xfe80_0000_0000_0000L;

    public static final int PROTOCOL_ICMP = 58;
    /** What every link carries (RFC 8200 section 5), in bytes. */
    public static final int MIN_MTU = 1280;
    /** Hop limit of what is sent, but for Neighbour Discovery. */
    public static final int DEFAULT_HOP_LIMIT = 64;

    /** The bits of the traffic class that are the ECN codepoint (RFC 3168). */
    public static final int ECN = 0x3;

    static final int NEXT_HEADER = 6;
    private static final int PAYLOAD_LENGTH = 4;
    private static final int HOP_LIMIT = 7;
    private static final int SOURCE = 8;
    private static final int DESTINATION = 24;
    private static final int VERSION_6 = 0x6000_0000;
    private static final long UNIVERSAL_BIT = 0x02_0000L;
    private static final long LINK_LOCAL_MASK = 0xffc0_0000_0000_0000L;
    private static final long MAPPED = 0xffffL;

    private Ipv6Header() {}

    /**
     * Checks a received header: version, length, a source that a sender may have. The unspecified address, {@code ::},
     * is one (RFC 4861 section 4.3).
     *
     * @param available bytes from {@code at} to the frame's end
     * @return null if the packet may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int at, final int available) {
        if (available < BYTES) {
            return DropReason.IP_TRUNCATED;
        }
        if (Wire.u8(buffer, at) >>> 4 != 6) {
            return DropReason.IP_VERSION;
        }
        if (payloadLength(buffer, at) > available - BYTES) {
            return DropReason.IP_TRUNCATED;
        }
        final long high = sourceHigh(buffer, at);
        final long low = sourceLow(buffer, at);
        final boolean loopbackOrMapped = high == 0 && (low == 1 || low >>> Integer.SIZE == MAPPED);
        return isMulticast(high) || loopbackOrMapped ? DropReason.IP_SOURCE : null;
    }

    public static boolean isMulticast(final long high) {
        return high >>> 56 == 0xff;
    }

    /** @return second half of the link-local address of an Ethernet address (RFC 4291 appendix A) */
    public static long linkLocalLow(final long mac) {
        return (mac >>> 24 ^ UNIVERSAL_BIT) << 40 | 0xff_fe00_0000L | mac & 0xff_ffffL;
    }

    /** @return true for fe80::/10 */
    public static boolean isLinkLocal(final long high) {
        return (high & LINK_LOCAL_MASK) == LINK_LOCAL_HIGH;
    }

    /** @return true if a packet of either family at this position is one of IPv6 */
    public static boolean isIpv6(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at) >>> 4 == 6;
    }

    /** @return bytes behind the header */
    public static int payloadLength(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + PAYLOAD_LENGTH);
    }

    public static int nextHeader(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + NEXT_HEADER);
    }

    public static int hopLimit(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + HOP_LIMIT);
    }

    /** @return DSCP and ECN */
    public static int trafficClass(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at) >>> 4 & 0xff;
    }

    /** Sets the ECN codepoint. */
    public static void putEcn(final ByteBuffer buffer, final int at, final int ecn) {
        Wire.put16(buffer, at, Wire.u16(buffer, at) & ~(ECN << 4) | ecn << 4);
    }

    public static long sourceHigh(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + SOURCE);
    }

    public static long sourceLow(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + SOURCE + Long.BYTES);
    }

    public static long destinationHigh(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + DESTINATION);
    }

    public static long destinationLow(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + DESTINATION + Long.BYTES);
    }

    /** Writes all but the addresses; no flow label. */
    public static void write(
            final ByteBuffer buffer,
            final int at,
            final int trafficClass,
            final int payloadLength,
            final int nextHeader,
            final int hopLimit) {
        Wire.put32(buffer, at, VERSION_6 | trafficClass << 20);
        Wire.put32(buffer, at + PAYLOAD_LENGTH, payloadLength << 16 | nextHeader << 8 | hopLimit);
    }

    /** Changes how many bytes follow the header. */
    public static void putPayloadLength(final ByteBuffer buffer, final int at, final int length) {
        Wire.put16(buffer, at + PAYLOAD_LENGTH, length);
    }

    public static void putSource(final ByteBuffer buffer, final int at, final long high, final long low) {
        Wire.put64(buffer, at + SOURCE, high);
        Wire.put64(buffer, at + SOURCE + Long.BYTES, low);
    }

    public static void putDestination(final ByteBuffer buffer, final int at, final long high, final long low) {
        Wire.put64(buffer, at + DESTINATION, high);
        Wire.put64(buffer, at + DESTINATION + Long.BYTES, low);
    }

    /**
     * The pseudo header of a packet whose header is there (RFC 8200 section 8.1).
     *
     * @param length of the upper layer's header and payload, in bytes, at most 65,535
     * @return its running sum
     */
    public static long pseudoHeader(final ByteBuffer buffer, final int at, final int protocol, final int length) {
        final long rest = ((long) protocol << 8) + (Short.reverseBytes((short) length) & 0xffff);
        return Checksum.partial(buffer, at + SOURCE, 4 * Long.BYTES, rest);
    }
}
