package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * TCP header (RFC 9293 section 3.1). {@link #check} comes first; after it every accessor is within bounds.
 *
 * <pre>
 *   0             2                  4     8       12             14       16         18       20
 *   | source port | destination port | seq | ack | offset, flags | window | checksum | urgent | options, payload
 * </pre>
 */
public final class TcpHeader {
    /** Length without options. */
    public static final int BYTES = 20;

    public static final int MAX_BYTES = 60;
    public static final int CHECKSUM = 16;

    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int URG = 0x20;
    public static final int ECE = 0x40;
    public static final int CWR = 0x80;
    public static final int AE = 0x100;

    private static final int FLAGS = 0x1ff;
    private static final int DESTINATION_PORT = 2;
    private static final int SEQUENCE = 4;
    private static final int ACKNOWLEDGMENT = 8;
    private static final int DATA_OFFSET_AND_FLAGS = 12;
    private static final int WINDOW = 14;
    private static final int URGENT = 18;

    private TcpHeader() {}

    /**
     * Checks the lengths. The checksum is a matter of its own: {@link #checksumValid}.
     *
     * @param length bytes of header and payload, from the IP header's total length
     * @return null if the segment may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int at, final int length) {
        if (length < BYTES) {
            return DropReason.TCP_TRUNCATED;
        }
        final int headerLength = headerLength(buffer, at);
        if (headerLength < BYTES || headerLength > length) {
            return DropReason.TCP_HEADER_LENGTH;
        }
        return sourcePort(buffer, at) == 0 || destinationPort(buffer, at) == 0 ? DropReason.TCP_PORT_ZERO : null;
    }

    /** @return true if the checksum over IPv4's pseudo header, header and payload is right */
    public static boolean checksumValid(
            final ByteBuffer buffer, final int at, final int length, final int source, final int destination) {
        final long pseudo = Checksum.pseudoHeader(source, destination, Ipv4Header.PROTOCOL_TCP, length);
        return checksumValid(buffer, at, length, pseudo);
    }

    /**
     * @param pseudo running sum of the pseudo header
     * @return true if the checksum over pseudo header, header and payload is right
     */
    public static boolean checksumValid(final ByteBuffer buffer, final int at, final int length, final long pseudo) {
        return Checksum.fold(Checksum.partial(buffer, at, length, pseudo)) == 0xffff;
    }

    public static int sourcePort(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at);
    }

    public static int destinationPort(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + DESTINATION_PORT);
    }

    public static int sequence(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + SEQUENCE);
    }

    public static int acknowledgment(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + ACKNOWLEDGMENT);
    }

    /** @return header length with options, in bytes */
    public static int headerLength(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + DATA_OFFSET_AND_FLAGS) >>> 4 << 2;
    }

    /** @return FIN, SYN ... AE, or-ed */
    public static int flags(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + DATA_OFFSET_AND_FLAGS) & FLAGS;
    }

    /** @return the window as it stands in the header, not scaled */
    public static int window(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + WINDOW);
    }

    /** Writes the fixed part but not the options, which must be there already if the checksum is to be computed. */
    public static void write(
            final ByteBuffer buffer,
            final int at,
            final int ports,
            final int sequence,
            final int acknowledgment,
            final int headerLength,
            final int flags,
            final int window) {
        Wire.put32(buffer, at, ports);
        Wire.put32(buffer, at + SEQUENCE, sequence);
        Wire.put32(buffer, at + ACKNOWLEDGMENT, acknowledgment);
        Wire.put32(buffer, at + DATA_OFFSET_AND_FLAGS, headerLength << 26 | flags << 16 | window);
        Wire.put32(buffer, at + CHECKSUM, 0);
    }

    /** Changes sequence number and flags but for AE of a header written before; used to cut a large segment. */
    public static void rewrite(final ByteBuffer buffer, final int at, final int sequence, final int flags) {
        Wire.put32(buffer, at + SEQUENCE, sequence);
        Wire.put8(buffer, at + DATA_OFFSET_AND_FLAGS + 1, flags);
        Wire.put32(buffer, at + CHECKSUM, 0);
    }

    /** Writes the checksum over IPv4's pseudo header, header and payload. */
    public static void writeChecksum(
            final ByteBuffer buffer, final int at, final int length, final int source, final int destination) {
        final long pseudo = Checksum.pseudoHeader(source, destination, Ipv4Header.PROTOCOL_TCP, length);
        writeChecksum(buffer, at, length, pseudo);
    }

    /**
     * Writes the checksum over pseudo header, header and payload.
     *
     * @param pseudo running sum of the pseudo header
     */
    public static void writeChecksum(final ByteBuffer buffer, final int at, final int length, final long pseudo) {
        Wire.put16(buffer, at + CHECKSUM, 0);
        Wire.put16(buffer, at + CHECKSUM, Checksum.complete(Checksum.partial(buffer, at, length, pseudo)));
    }

    /** Writes the sum over the pseudo header only, as a port with checksum offload wants it. */
    public static void writePartialChecksum(
            final ByteBuffer buffer, final int at, final int length, final int source, final int destination) {
        writePartialChecksum(buffer, at, Checksum.pseudoHeader(source, destination, Ipv4Header.PROTOCOL_TCP, length));
    }

    /** Writes a pseudo header's sum, given as a running sum, as a port with checksum offload wants it. */
    public static void writePartialChecksum(final ByteBuffer buffer, final int at, final long pseudo) {
        Wire.put16(buffer, at + CHECKSUM, Checksum.fold(pseudo));
    }

    /** @return the urgent pointer; without meaning unless URG is set */
    public static int urgent(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + URGENT);
    }
}
