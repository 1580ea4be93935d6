package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * IPv4 header (RFC 791). {@link #check} comes first; after it every accessor is within bounds.
 *
 * <pre>
 *   0     1     2              4    6                 8     9          10         12       16            20
 *   | v,l | tos | total length | id | flags, fragment | ttl | protocol | checksum | source | destination | options
 * </pre>
 */
public final class Ipv4Header {
    /** Length without options. */
    public static final int BYTES = 20;

    public static final int PROTOCOL_ICMP = 1;
    public static final int PROTOCOL_TCP = 6;
    public static final int PROTOCOL_UDP = 17;
    public static final int PROTOCOL_GRE = 47;
    public static final int MAX_PACKET = 0xffff;
    /** The bits of the type of service that are the ECN codepoint (RFC 3168). */
    public static final int ECN = 0x3;

    static final int CHECKSUM = 10;
    private static final int TYPE_OF_SERVICE = 1;
    private static final int TOTAL_LENGTH = 2;
    private static final int IDENTIFICATION = 4;
    private static final int FRAGMENT = 6;
    private static final int TTL = 8;
    private static final int PROTOCOL = 9;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;
    private static final int VERSION_4_NO_OPTIONS = 0x45;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int OFFSET = 0x1fff;
    private static final int MORE_FRAGMENTS_OR_OFFSET = 0x3fff;
    private static final int DEFAULT_TTL = 64;

    private Ipv4Header() {}

    /**
     * Checks a received header: version, lengths, checksum, addresses that a sender may have.
     *
     * @param available bytes from {@code at} to the frame's end
     * @return null if the packet may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int at, final int available) {
        if (available < BYTES) {
            return DropReason.IP_TRUNCATED;
        }
        if (Wire.u8(buffer, at) >>> 4 != 4) {
            return DropReason.IP_VERSION;
        }
        final int headerLength = headerLength(buffer, at);
        final int totalLength = totalLength(buffer, at);
        if (headerLength < BYTES || totalLength < headerLength) {
            return DropReason.IP_HEADER_LENGTH;
        }
        if (totalLength > available) {
            return DropReason.IP_TRUNCATED;
        }
        if (Checksum.fold(Checksum.partial(buffer, at, headerLength, 0)) != 0xffff) {
            return DropReason.IP_CHECKSUM;
        }
        return isUnicast(source(buffer, at)) ? null : DropReason.IP_SOURCE;
    }

    /** @return true if a station may have this address: not 0.x, 127.x, multicast, reserved or broadcast */
    public static boolean isUnicast(final int address) {
        final int first = address >>> 24;
        return first != 0 && first != 127 && first < 224;
    }

    /** @return true if the packet is a piece of a larger one */
    public static boolean isFragment(final ByteBuffer buffer, final int at) {
        return (Wire.u16(buffer, at + FRAGMENT) & MORE_FRAGMENTS_OR_OFFSET) != 0;
    }

    /** @return true if routers must not cut the packet */
    public static boolean dontFragment(final ByteBuffer buffer, final int at) {
        return (Wire.u16(buffer, at + FRAGMENT) & DONT_FRAGMENT) != 0;
    }

    public static boolean moreFragments(final ByteBuffer buffer, final int at) {
        return (Wire.u16(buffer, at + FRAGMENT) & MORE_FRAGMENTS) != 0;
    }

    /** @return where the piece's data belongs in the whole packet's, in bytes */
    public static int fragmentOffset(final ByteBuffer buffer, final int at) {
        return (Wire.u16(buffer, at + FRAGMENT) & OFFSET) << 3;
    }

    public static int headerLength(final ByteBuffer buffer, final int at) {
        return (Wire.u8(buffer, at) & 0xf) << 2;
    }

    public static int totalLength(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + TOTAL_LENGTH);
    }

    public static int identification(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + IDENTIFICATION);
    }

    public static int ttl(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + TTL);
    }

    public static int protocol(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + PROTOCOL);
    }

    public static int source(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + SOURCE);
    }

    public static int destination(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + DESTINATION);
    }

    /**
     * Writes the header of a packet that may be a fragment, and may be cut on its way: no options, default time to live,
     * checksum included.
     *
     * @param offset of the data in the whole packet's data, in bytes, a multiple of 8
     * @param more   fragments follow
     */
    public static void writeFragment(
            final ByteBuffer buffer,
            final int at,
            final int totalLength,
            final int identification,
            final int protocol,
            final int source,
            final int destination,
            final int offset,
            final boolean more) {
        write(buffer, at, totalLength, identification, protocol, source, destination);
        Wire.put16(buffer, at + FRAGMENT, offset >>> 3 | (more ? MORE_FRAGMENTS : 0));
        writeChecksum(buffer, at);
    }

    /** Writes a header without options: do not fragment, default time to live, checksum included. */
    public static void write(
            final ByteBuffer buffer,
            final int at,
            final int totalLength,
            final int identification,
            final int protocol,
            final int source,
            final int destination) {
        Wire.put16(buffer, at, VERSION_4_NO_OPTIONS << 8);
        Wire.put16(buffer, at + TOTAL_LENGTH, totalLength);
        Wire.put16(buffer, at + IDENTIFICATION, identification);
        Wire.put16(buffer, at + FRAGMENT, DONT_FRAGMENT);
        Wire.put16(buffer, at + TTL, DEFAULT_TTL << 8 | protocol);
        Wire.put32(buffer, at + SOURCE, source);
        Wire.put32(buffer, at + DESTINATION, destination);
        writeChecksum(buffer, at);
    }

    /** Changes length and identification of a header written before, and its checksum with them. */
    public static void rewrite(final ByteBuffer buffer, final int at, final int totalLength, final int identification) {
        Wire.put16(buffer, at + TOTAL_LENGTH, totalLength);
        Wire.put16(buffer, at + IDENTIFICATION, identification);
        writeChecksum(buffer, at);
    }

    private static void writeChecksum(final ByteBuffer buffer, final int at) {
        Wire.put16(buffer, at + CHECKSUM, 0);
        Wire.put16(buffer, at + CHECKSUM, Checksum.complete(Checksum.partial(buffer, at, headerLength(buffer, at), 0)));
    }

    /** Says that so many bytes of options, which are there already, are part of a header written before. */
    public static void putOptionBytes(final ByteBuffer buffer, final int at, final int optionBytes) {
        Wire.put8(buffer, at, 4 << 4 | BYTES + optionBytes >> 2);
        writeChecksum(buffer, at);
    }

    /** Sets the type-of-service byte of a header written before, and its checksum with it. */
    public static void putTypeOfService(final ByteBuffer buffer, final int at, final int value) {
        Wire.put8(buffer, at + TYPE_OF_SERVICE, value);
        writeChecksum(buffer, at);
    }

    /** Sets the ECN codepoint of any header, and its checksum with it (RFC 1624 section 3). */
    public static void putEcn(final ByteBuffer buffer, final int at, final int ecn) {
        final int before = Wire.u16(buffer, at);
        final int after = before & ~ECN | ecn;
        Wire.put16(buffer, at, after);
        int sum = (~Wire.u16(buffer, at + CHECKSUM) & 0xffff) + (~before & 0xffff) + after;
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        Wire.put16(buffer, at + CHECKSUM, ~sum & 0xffff);
    }

    /** Sets the time to live of a header written before, and its checksum with it. */
    public static void putTimeToLive(final ByteBuffer buffer, final int at, final int hops) {
        Wire.put8(buffer, at + TTL, hops);
        writeChecksum(buffer, at);
    }

    /** @return the type-of-service byte: DSCP and ECN */
    public static int typeOfService(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + TYPE_OF_SERVICE);
    }
}
