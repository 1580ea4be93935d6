package io.virtuoso.host.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Internet checksum (RFC 1071).
 *
 * <p>A running sum is a {@code long} of 16-bit words read as little-endian; ones' complement addition does not care
 * about the byte order, so one swap at the end suffices (RFC 1071 section 2(B)). Sums may be added; only the last
 * region of a sum may have an odd length.
 */
public final class Checksum {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT =
            MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LOW_32 = 0xffff_ffffL;

    private Checksum() {}

    /**
     * Adds a region to a running sum.
     *
     * @param length bytes, at most 1 GiB
     * @param sum running sum, 0 to begin with
     */
    public static long partial(final ByteBuffer buffer, final int at, final int length, final long sum) {
        // Two 32-bit halves are added to a 64-bit sum, so no carry can be lost.
        long total = sum;
        int position = at;
        int left = length;
        for (; left >= Long.BYTES; left -= Long.BYTES, position += Long.BYTES) {
            final long word = (long) LONG.get(buffer, position);
            total += (word & LOW_32) + (word >>> 32);
        }
        if ((left & Integer.BYTES) != 0) {
            total += (int) INT.get(buffer, position) & LOW_32;
            position += Integer.BYTES;
        }
        if ((left & Short.BYTES) != 0) {
            total += (short) SHORT.get(buffer, position) & 0xffff;
            position += Short.BYTES;
        }
        if ((left & 1) != 0) {
            total += buffer.get(position) & 0xff;
        }
        return total;
    }

    /** @return running sum of the IPv4 pseudo header (RFC 9293 section 3.1); length: TCP header and payload, in bytes */
    public static long pseudoHeader(final int source, final int destination, final int protocol, final int length) {
        return (Integer.reverseBytes(source) & LOW_32)
                + (Integer.reverseBytes(destination) & LOW_32)
                + (protocol << 8)
                + (Short.reverseBytes((short) length) & 0xffff);
    }

    /** @return the sum as a 16-bit value, not complemented; 0xffff over a region whose checksum is right */
    public static int fold(final long sum) {
        long folded = (sum & LOW_32) + (sum >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16 & 0xffff) + (folded >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        return Short.reverseBytes((short) folded) & 0xffff;
    }

    /** @return the value for a checksum field: the complement of the folded sum */
    public static int complete(final long sum) {
        return ~fold(sum) & 0xffff;
    }
}
