package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * The fragment header of IPv6 (RFC 8200 section 4.5).
 *
 * <pre>
 *   0             1          2                                    4                8
 *   | next header | reserved | offset in 8 bytes, 2 reserved, more | identification | a part of the packet
 * </pre>
 */
public final class FragmentHeader {
    /** What the header before it announces. */
    public static final int PROTOCOL = 44;

    public static final int BYTES = 8;
    /** All parts but the last have a multiple of so many bytes. */
    public static final int UNIT = 8;

    private static final int OFFSET = 2;
    private static final int IDENTIFICATION = 4;
    private static final int OFFSET_BITS = 0xfff8;
    private static final int MORE = 1;

    private FragmentHeader() {}

    public static int nextHeader(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at);
    }

    /** @return where the part belongs, in bytes behind the headers that are in each fragment */
    public static int offset(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + OFFSET) & OFFSET_BITS;
    }

    /** @return false for the last part */
    public static boolean more(final ByteBuffer buffer, final int at) {
        return (Wire.u16(buffer, at + OFFSET) & MORE) != 0;
    }

    public static int identification(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + IDENTIFICATION);
    }

    /** @param offset a multiple of {@link #UNIT} */
    public static void write(
            final ByteBuffer buffer,
            final int at,
            final int nextHeader,
            final int offset,
            final boolean more,
            final int identification) {
        Wire.put16(buffer, at, nextHeader << Byte.SIZE);
        Wire.put16(buffer, at + OFFSET, offset | (more ? MORE : 0));
        Wire.put32(buffer, at + IDENTIFICATION, identification);
    }
}
