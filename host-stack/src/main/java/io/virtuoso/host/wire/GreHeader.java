package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * GRE header (RFC 2784) with key and sequence number (RFC 2890). {@link #check} comes first; after it every accessor is
 * within bounds.
 *
 * <pre>
 *   0                2               4                           (8)   (12)              header length
 *   | flags, version | protocol type | (checksum, offset, if C) | (key, if K) | (sequence, if S) | payload
 * </pre>
 */
public final class GreHeader {
    /** With a key and nothing else, which is what is sent. */
    public static final int BYTES_WITH_KEY = 8;
    /** Transparent Ethernet bridging: the payload is an Ethernet frame. */
    public static final int TYPE_ETHERNET = 0x6558;

    private static final int CHECKSUM_PRESENT = 0x8000;
    private static final int KEY_PRESENT = 0x2000;
    private static final int SEQUENCE_PRESENT = 0x1000;
    /** Bits 1, 4 and 5 of RFC 2784 section 2.3, and the version: packets with any of them are discarded. */
    private static final int NOT_UNDERSTOOD = 0x4c07;

    private static final int BASE_BYTES = 4;
    private static final int WORD = 4;

    private GreHeader() {}

    /**
     * Checks flags and length. The checksum is a matter of its own: {@link #checksumValid}.
     *
     * @param length bytes behind the IP header
     * @return null if the packet may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int at, final int length) {
        final boolean whole = length >= BASE_BYTES
                && (Wire.u16(buffer, at) & NOT_UNDERSTOOD) == 0
                && headerLength(buffer, at) <= length;
        return whole ? null : DropReason.TUNNEL_MALFORMED;
    }

    /** @return true if the checksum over header and payload is right, or there is none */
    public static boolean checksumValid(final ByteBuffer buffer, final int at, final int length) {
        return (Wire.u16(buffer, at) & CHECKSUM_PRESENT) == 0
                || Checksum.fold(Checksum.partial(buffer, at, length, 0)) == 0xffff;
    }

    public static boolean hasKey(final ByteBuffer buffer, final int at) {
        return (Wire.u16(buffer, at) & KEY_PRESENT) != 0;
    }

    /** @return the key of a header that has one */
    public static int key(final ByteBuffer buffer, final int at) {
        final boolean checksum = (Wire.u16(buffer, at) & CHECKSUM_PRESENT) != 0;
        return Wire.i32(buffer, at + BASE_BYTES + (checksum ? WORD : 0));
    }

    /** @return EtherType of the payload */
    public static int protocol(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + 2);
    }

    /** @return bytes of the header, with the optional fields that its flags name */
    public static int headerLength(final ByteBuffer buffer, final int at) {
        final int flags = Wire.u16(buffer, at) & (CHECKSUM_PRESENT | KEY_PRESENT | SEQUENCE_PRESENT);
        return BASE_BYTES + WORD * Integer.bitCount(flags);
    }

    /** Writes a header of {@link #BYTES_WITH_KEY} bytes in front of an Ethernet frame. */
    public static void write(final ByteBuffer buffer, final int at, final int key) {
        Wire.put32(buffer, at, KEY_PRESENT << Short.SIZE | TYPE_ETHERNET);
        Wire.put32(buffer, at + BASE_BYTES, key);
    }
}
