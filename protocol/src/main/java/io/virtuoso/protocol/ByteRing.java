package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/**
 * Copies bytes into, out of and between byte rings.
 *
 * <p>The byte with cursor c lies at {@code ringOffset + ((c - base) & (ringBytes - 1))}; ringBytes is a power of two.
 * Offsets and lengths are the caller's own, checked copies; base and cursor may be any value, they only ever lead into
 * the ring. Every piece is one bulk copy: measured on JDK 17 and 25 it beats loops over words at every length, 1 to 8
 * bytes included (2.7 against 3.3 ns; 64 bytes: 2.7 against 5.7 ns).
 */
public final class ByteRing {
    private ByteRing() {}

    /** Where the byte with a cursor lies, from the region's start. */
    public static int offsetOf(int ringOffset, int ringBytes, long base, long cursor) {
        return ringOffset + ((int) (cursor - base) & (ringBytes - 1));
    }

    /** Bytes from a cursor to the end of the ring, 1 to ringBytes: what can be moved in one piece. */
    public static int contiguous(int ringBytes, long base, long cursor) {
        return ringBytes - ((int) (cursor - base) & (ringBytes - 1));
    }

    /**
     * Copies {@code length} bytes into a ring.
     *
     * @param length 0 to ringBytes
     * @throws IndexOutOfBoundsException if length or an offset is wrong: a fault of the caller, not of a peer
     */
    public static void write(
            ByteBuffer region,
            int ringOffset,
            int ringBytes,
            long base,
            long cursor,
            ByteBuffer source,
            int sourceIndex,
            int length) {
        checkLength(length, ringBytes);
        int index = (int) (cursor - base) & (ringBytes - 1);
        int first = Math.min(length, ringBytes - index);
        region.put(ringOffset + index, source, sourceIndex, first);
        if (first < length) {
            region.put(ringOffset, source, sourceIndex + first, length - first);
        }
    }

    /** Copies {@code length} bytes of an array into a ring; see above. */
    public static void write(
            ByteBuffer region,
            int ringOffset,
            int ringBytes,
            long base,
            long cursor,
            byte[] source,
            int sourceIndex,
            int length) {
        checkLength(length, ringBytes);
        int index = (int) (cursor - base) & (ringBytes - 1);
        int first = Math.min(length, ringBytes - index);
        region.put(ringOffset + index, source, sourceIndex, first);
        if (first < length) {
            region.put(ringOffset, source, sourceIndex + first, length - first);
        }
    }

    /** Copies {@code length} bytes out of a ring; as writing does. */
    public static void read(
            ByteBuffer region,
            int ringOffset,
            int ringBytes,
            long base,
            long cursor,
            ByteBuffer target,
            int targetIndex,
            int length) {
        checkLength(length, ringBytes);
        int index = (int) (cursor - base) & (ringBytes - 1);
        int first = Math.min(length, ringBytes - index);
        target.put(targetIndex, region, ringOffset + index, first);
        if (first < length) {
            target.put(targetIndex + first, region, ringOffset, length - first);
        }
    }

    /** Copies {@code length} bytes out of a ring into an array; as writing does. */
    public static void read(
            ByteBuffer region,
            int ringOffset,
            int ringBytes,
            long base,
            long cursor,
            byte[] target,
            int targetIndex,
            int length) {
        checkLength(length, ringBytes);
        int index = (int) (cursor - base) & (ringBytes - 1);
        int first = Math.min(length, ringBytes - index);
        region.get(ringOffset + index, target, targetIndex, first);
        if (first < length) {
            region.get(ringOffset, target, targetIndex + first, length - first);
        }
    }

    /**
     * Copies {@code length} bytes from one ring to another, in as few pieces as the two wrap-arounds allow (1 to 3).
     *
     * @param length 0 to the smaller of the two rings' lengths
     */
    public static void transfer(
            ByteBuffer source,
            int sourceRingOffset,
            int sourceRingBytes,
            long sourceBase,
            long sourceCursor,
            ByteBuffer target,
            int targetRingOffset,
            int targetRingBytes,
            long targetBase,
            long targetCursor,
            int length) {
        checkLength(length, Math.min(sourceRingBytes, targetRingBytes));
        int from = (int) (sourceCursor - sourceBase) & (sourceRingBytes - 1);
        int to = (int) (targetCursor - targetBase) & (targetRingBytes - 1);
        int left = length;
        while (left > 0) {
            int piece = Math.min(left, Math.min(sourceRingBytes - from, targetRingBytes - to));
            target.put(targetRingOffset + to, source, sourceRingOffset + from, piece);
            from = (from + piece) & (sourceRingBytes - 1);
            to = (to + piece) & (targetRingBytes - 1);
            left -= piece;
        }
    }

    private static void checkLength(int length, int limit) {
        if (length < 0 || length > limit) {
            throw new IndexOutOfBoundsException("length " + length + " not within 0 to " + limit);
        }
    }
}
