package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * ICMP (RFC 792): echo, and the errors that concern TCP and UDP.
 *
 * <pre>
 *   0      1      2          4                              8
 *   | type | code | checksum | id, sequence or unused, MTU  | echo data, or IP header and 8 bytes of what failed
 * </pre>
 */
public final class IcmpMessage {
    public static final int BYTES = 8;
    public static final int ECHO_REPLY = 0;
    public static final int UNREACHABLE = 3;
    public static final int ECHO_REQUEST = 8;
    public static final int TIME_EXCEEDED = 11;
    public static final int PARAMETER_PROBLEM = 12;
    public static final int CODE_PORT = 3;
    public static final int CODE_FRAGMENTATION_NEEDED = 4;

    private static final int SOURCE_QUENCH = 4;
    private static final int REDIRECT = 5;
    private static final int CODE = 1;
    private static final int CHECKSUM_FIELD = 2;
    private static final int NEXT_HOP_MTU = 6;

    private IcmpMessage() {}

    /**
     * Checks length and checksum.
     *
     * @param length bytes of the message, from the IP header's total length
     * @return null if the message may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int at, final int length) {
        if (length < BYTES) {
            return DropReason.ICMP_TRUNCATED;
        }
        return Checksum.fold(Checksum.partial(buffer, at, length, 0)) == 0xffff ? null : DropReason.ICMP_CHECKSUM;
    }

    public static int type(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at);
    }

    /** @return true if a message of this type is about another one, so that none may be sent about it */
    public static boolean isError(final int type) {
        return type == UNREACHABLE
                || type == SOURCE_QUENCH
                || type == REDIRECT
                || type == TIME_EXCEEDED
                || type == PARAMETER_PROBLEM;
    }

    public static int code(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + CODE);
    }

    /** @return MTU of the next hop, of an UNREACHABLE with CODE_FRAGMENTATION_NEEDED (RFC 1191); 0 if not told */
    public static int nextHopMtu(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + NEXT_HOP_MTU);
    }

    /**
     * Writes an UNREACHABLE in front of what it quotes, which is there already.
     *
     * @param length of header and quotation, in bytes
     */
    public static void writeUnreachable(final ByteBuffer buffer, final int at, final int code, final int length) {
        Wire.put32(buffer, at, UNREACHABLE << 24 | code << 16);
        Wire.put32(buffer, at + 4, 0);
        Wire.put16(buffer, at + CHECKSUM_FIELD, Checksum.complete(Checksum.partial(buffer, at, length, 0)));
    }

    /**
     * Writes a PARAMETER_PROBLEM in front of what it quotes, which is there already.
     *
     * @param pointer which byte of the quoted IP header is wrong
     * @param length of header and quotation, in bytes
     */
    public static void writeParameterProblem(
            final ByteBuffer buffer, final int at, final int pointer, final int length) {
        Wire.put32(buffer, at, PARAMETER_PROBLEM << 24);
        Wire.put32(buffer, at + 4, pointer << 24);
        Wire.put16(buffer, at + CHECKSUM_FIELD, Checksum.complete(Checksum.partial(buffer, at, length, 0)));
    }

    /** Writes an UNREACHABLE with CODE_FRAGMENTATION_NEEDED (RFC 1191 section 4) in front of what it quotes. */
    public static void writeFragmentationNeeded(
            final ByteBuffer buffer, final int at, final int nextHopMtu, final int length) {
        Wire.put32(buffer, at, UNREACHABLE << 24 | CODE_FRAGMENTATION_NEEDED << 16);
        Wire.put32(buffer, at + 4, nextHopMtu);
        Wire.put16(buffer, at + CHECKSUM_FIELD, Checksum.complete(Checksum.partial(buffer, at, length, 0)));
    }

    /** Makes an echo reply of an echo request in place: another type, same identifier, sequence number and data. */
    public static void turnIntoReply(final ByteBuffer buffer, final int at, final int length) {
        Wire.put16(buffer, at, ECHO_REPLY << 8);
        Wire.put16(buffer, at + CHECKSUM_FIELD, 0);
        Wire.put16(buffer, at + CHECKSUM_FIELD, Checksum.complete(Checksum.partial(buffer, at, length, 0)));
    }
}
