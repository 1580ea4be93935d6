package io.virtuoso.apps;

/** Streams of bytes that both ends know: byte p of the stream of a seed, the same as in the tests' C programs. */
final class Bytes {
    private static final long GAMMA = 0x9e3779b97f4a7c15L;
    private static final long STEP = 0xda942042e4dd58b5L;

    private Bytes() {}

    static byte[] of(final long seed, final int count) {
        final byte[] bytes = new byte[count];
        fill(bytes, 0, count, seed, 0);
        return bytes;
    }

    static void fill(final byte[] bytes, final int offset, final int count, final long seed, final long position) {
        long word = 0;
        for (int i = 0; i < count; i++) {
            final long place = position + i;
            if (i == 0 || place % Long.BYTES == 0) {
                word = word(seed, place / Long.BYTES);
            }
            bytes[offset + i] = (byte) (word >>> (place % Long.BYTES * Byte.SIZE));
        }
    }

    /** Fails unless these are the bytes from a position of a stream. */
    static void check(final byte[] bytes, final int count, final long seed, final long position) {
        final byte[] right = new byte[count];
        fill(right, 0, count, seed, position);
        for (int i = 0; i < count; i++) {
            if (bytes[i] != right[i]) {
                throw new IllegalStateException("byte " + (position + i) + " of stream " + seed + " differs");
            }
        }
    }

    /** Fails unless these are the first bytes of a stream, so many of them. */
    static void check(final byte[] bytes, final long seed, final int count) {
        if (bytes.length != count) {
            throw new IllegalStateException(bytes.length + " bytes instead of " + count + " of stream " + seed);
        }
        check(bytes, count, seed, 0);
    }

    private static long word(final long seed, final long number) {
        long mixed = seed + number * STEP + GAMMA;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
