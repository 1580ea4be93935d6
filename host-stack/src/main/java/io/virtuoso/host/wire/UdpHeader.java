package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * UDP header (RFC 768). {@link #check} comes first; after it every accessor is within bounds.
 *
 * <pre>
 *   0             2                  4        6          8
 *   | source port | destination port | length | checksum | payload
 * </pre>
 */
public final class UdpHeader {
    public static final int BYTES = 8;
    public static final int CHECKSUM = 6;

    private static final int DESTINATION_PORT = 2;
    private static final int LENGTH = 4;

    private UdpHeader() {}

    /**
     * Checks the lengths. The checksum is a matter of its own: {@link #checksumValid}.
     *
     * @param available bytes behind the IP header, by its total length
     * @return null if the datagram may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int at, final int available) {
        if (available < BYTES) {
            return DropReason.UDP_TRUNCATED;
        }
        final int length = length(buffer, at);
        if (length < BYTES || length > available) {
            return DropReason.UDP_LENGTH;
        }
        return destinationPort(buffer, at) == 0 ? DropReason.UDP_PORT_ZERO : null;
    }

    /** @return true if the checksum over pseudo header, header and payload is right, or the sender computed none */
    public static boolean checksumValid(
            final ByteBuffer buffer, final int at, final int source, final int destination) {
        if (Wire.u16(buffer, at + CHECKSUM) == 0) {
            return true;
        }
        final int length = length(buffer, at);
        final long pseudo = Checksum.pseudoHeader(source, destination, Ipv4Header.PROTOCOL_UDP, length);
        return Checksum.fold(Checksum.partial(buffer, at, length, pseudo)) == 0xffff;
    }

    /** @return true if the checksum is right; over IPv6 there must be one (RFC 8200 section 8.1) */
    public static boolean checksumValidIpv6(final ByteBuffer buffer, final int at, final int ipAt) {
        final int length = length(buffer, at);
        final long pseudo = Ipv6Header.pseudoHeader(buffer, ipAt, Ipv4Header.PROTOCOL_UDP, length);
        return Wire.u16(buffer, at + CHECKSUM) != 0
                && Checksum.fold(Checksum.partial(buffer, at, length, pseudo)) == 0xffff;
    }

    /** @return true if the sender computed no checksum, which over IPv6 only tunnels may do (RFC 6935 section 5) */
    public static boolean hasNoChecksum(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + CHECKSUM) == 0;
    }

    public static int sourcePort(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at);
    }

    public static int destinationPort(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + DESTINATION_PORT);
    }

    /** @return bytes of header and payload */
    public static int length(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + LENGTH);
    }

    /** Writes the header without a checksum. */
    public static void write(
            final ByteBuffer buffer, final int at, final int sourcePort, final int destinationPort, final int length) {
        Wire.put16(buffer, at, sourcePort);
        Wire.put16(buffer, at + DESTINATION_PORT, destinationPort);
        Wire.put16(buffer, at + LENGTH, length);
        Wire.put16(buffer, at + CHECKSUM, 0);
    }

    /** Writes the checksum over pseudo header, header and payload; 0 would say that there is none. */
    public static void writeChecksum(
            final ByteBuffer buffer, final int at, final int length, final int source, final int destination) {
        Wire.put16(buffer, at + CHECKSUM, 0);
        final long pseudo = Checksum.pseudoHeader(source, destination, Ipv4Header.PROTOCOL_UDP, length);
        final int checksum = Checksum.complete(Checksum.partial(buffer, at, length, pseudo));
        Wire.put16(buffer, at + CHECKSUM, checksum == 0 ? 0xffff : checksum);
    }

    /** Writes the checksum over IPv6, whose header is there. */
    public static void writeChecksumIpv6(final ByteBuffer buffer, final int at, final int length, final int ipAt) {
        Wire.put16(buffer, at + CHECKSUM, 0);
        final long pseudo = Ipv6Header.pseudoHeader(buffer, ipAt, Ipv4Header.PROTOCOL_UDP, length);
        final int checksum = Checksum.complete(Checksum.partial(buffer, at, length, pseudo));
        Wire.put16(buffer, at + CHECKSUM, checksum == 0 ? 0xffff : checksum);
    }

    /** Writes the sum over the pseudo header of IPv6, whose header is there, as a port with checksum offload wants it. */
    public static void writePartialChecksumIpv6(
            final ByteBuffer buffer, final int at, final int length, final int ipAt) {
        final long pseudo = Ipv6Header.pseudoHeader(buffer, ipAt, Ipv4Header.PROTOCOL_UDP, length);
        Wire.put16(buffer, at + CHECKSUM, Checksum.fold(pseudo));
    }

    /** Writes the sum over the pseudo header only, as a port with checksum offload wants it. */
    public static void writePartialChecksum(
            final ByteBuffer buffer, final int at, final int length, final int source, final int destination) {
        final long pseudo = Checksum.pseudoHeader(source, destination, Ipv4Header.PROTOCOL_UDP, length);
        Wire.put16(buffer, at + CHECKSUM, Checksum.fold(pseudo));
    }
}
