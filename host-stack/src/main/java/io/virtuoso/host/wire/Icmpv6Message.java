package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * ICMPv6 (RFC 4443): echo, and the errors that concern TCP and UDP.
 *
 * <pre>
 *   0      1      2          4                              8
 *   | type | code | checksum | id, sequence or unused, MTU  | echo data, or as much of the packet as fits
 * </pre>
 */
public final class Icmpv6Message {
    public static final int BYTES = 8;
    public static final int UNREACHABLE = 1;
    public static final int PACKET_TOO_BIG = 2;
    public static final int TIME_EXCEEDED = 3;
    public static final int PARAMETER_PROBLEM = 4;
    public static final int ECHO_REQUEST = 128;
    public static final int ECHO_REPLY = 129;
    public static final int CODE_PORT = 4;

    static final int CHECKSUM_FIELD = 2;
    private static final int CODE = 1;
    private static final int MTU = 4;

    private Icmpv6Message() {}

    /**
     * Checks length and checksum.
     *
     * @param length bytes of the message, from the IP header's payload length
     * @return null if the message may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int ipAt, final int at, final int length) {
        if (length < BYTES) {
            return DropReason.ICMP_TRUNCATED;
        }
        final long pseudo = Ipv6Header.pseudoHeader(buffer, ipAt, Ipv6Header.PROTOCOL_ICMP, length);
        return Checksum.fold(Checksum.partial(buffer, at, length, pseudo)) == 0xffff ? null : DropReason.ICMP_CHECKSUM;
    }

    public static int type(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at);
    }

    public static int code(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + CODE);
    }

    /** @return MTU of the next hop, of a PACKET_TOO_BIG; values above 2^31 - 1 as that */
    public static int mtu(final ByteBuffer buffer, final int at) {
        final int value = Wire.i32(buffer, at + MTU);
        return value < 0 ? Integer.MAX_VALUE : value;
    }

    /** Writes type and code in front of a body that is there already; the second word is 0, the checksum not yet right. */
    public static void writeHeader(final ByteBuffer buffer, final int at, final int type, final int code) {
        Wire.put32(buffer, at, type << 24 | code << 16);
        Wire.put32(buffer, at + MTU, 0);
    }

    /** Writes a PACKET_TOO_BIG in front of what it quotes; the checksum is not yet right. */
    public static void writePacketTooBig(final ByteBuffer buffer, final int at, final int mtu) {
        Wire.put32(buffer, at, PACKET_TOO_BIG << 24);
        Wire.put32(buffer, at + MTU, mtu);
    }

    /** Makes an echo reply of an echo request in place: another type; the checksum is not yet right. */
    public static void turnIntoReply(final ByteBuffer buffer, final int at) {
        Wire.put8(buffer, at, ECHO_REPLY);
    }

    /** Writes the checksum of a message whose IPv6 header is there already. */
    public static void writeChecksum(final ByteBuffer buffer, final int ipAt, final int at, final int length) {
        Wire.put16(buffer, at + CHECKSUM_FIELD, 0);
        final long pseudo = Ipv6Header.pseudoHeader(buffer, ipAt, Ipv6Header.PROTOCOL_ICMP, length);
        Wire.put16(buffer, at + CHECKSUM_FIELD, Checksum.complete(Checksum.partial(buffer, at, length, pseudo)));
    }
}
