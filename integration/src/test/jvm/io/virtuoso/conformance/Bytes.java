package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Streams of bytes that tell where they belong; the same as those of the C suite. */
final class Bytes {
    private static final int CHUNK = 1 << 17;

    private Bytes() {}

    static byte[] of(final String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static void write(final Wire wire, final String text) throws IOException {
        wire.write(of(text));
    }

    /** The next bytes are these. */
    static void expect(final Wire wire, final String text) throws IOException {
        same(new String(read(wire, text.length()), StandardCharsets.ISO_8859_1), text);
    }

    static byte[] read(final Wire wire, final int count) throws IOException {
        final byte[] bytes = new byte[count];
        for (int done = 0; done < count; ) {
            final int got = wire.read(bytes, done, count - done);
            check(got > 0, "read gave " + got + " after " + done + " of " + count + " bytes");
            done += got;
        }
        return bytes;
    }

    static void expectEnd(final Wire wire) throws IOException {
        same(wire.read(new byte[1], 0, 1), -1);
    }

    static long random(final long[] state) {
        state[0] += 0x9e3779b97f4a7c15L;
        long mixed = state[0];
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /** Bytes of a seed's stream from a position on. */
    static void fill(final byte[] bytes, final int count, final long seed, final long position) {
        final long[] state = {0};
        long word = 0;
        for (int i = 0; i < count; i++) {
            final long place = position + i;
            if (i == 0 || (place & 7) == 0) {
                state[0] = seed + (place >>> 3) * 0xda942042e4dd58b5L;
                word = random(state);
            }
            bytes[i] = (byte) (word >>> ((place & 7) * 8));
        }
    }

    /** Sends so many bytes of a seed's stream in chunks of random sizes, small ones and large ones. */
    static void sendPattern(final Wire wire, final long seed, final long bytes) throws IOException {
        final byte[] chunk = new byte[CHUNK];
        final long[] random = {seed ^ 1};
        for (long sent = 0; sent < bytes; ) {
            final int size = (int) Math.min(randomSize(random), bytes - sent);
            fill(chunk, size, seed, sent);
            wire.write(chunk, 0, size);
            sent += size;
        }
    }

    /** Receives so many bytes of a seed's stream, in chunks of random sizes. */
    static void expectPattern(final Wire wire, final long seed, final long bytes) throws IOException {
        expectPattern(wire, seed, 0, bytes);
    }

    static void expectPattern(final Wire wire, final long seed, final long from, final long bytes) throws IOException {
        final byte[] chunk = new byte[CHUNK];
        final byte[] expected = new byte[CHUNK];
        final long[] random = {seed ^ 2};
        for (long got = 0; got < bytes; ) {
            final int size = (int) Math.min(randomSize(random), bytes - got);
            final int count = wire.read(chunk, 0, size);
            check(count > 0, "read gave " + count + " after " + got + " of " + bytes + " bytes");
            fill(expected, count, seed, from + got);
            check(
                    Arrays.equals(chunk, 0, count, expected, 0, count),
                    "the " + count + " bytes from " + got + " are wrong");
            got += count;
        }
    }

    private static int randomSize(final long[] random) {
        final int shift = 47 + (int) Long.remainderUnsigned(random(random), 17);
        final int size = (int) ((random(random) >>> shift) % CHUNK);
        return size == 0 ? 1 : size;
    }

    /** Sends in a thread of its own, and ends the stream. */
    static Job sending(final Wire wire, final long seed, final long bytes) {
        return Support.job(() -> {
            sendPattern(wire, seed, bytes);
            wire.endOutput();
        });
    }

    /** Receives in a thread of its own, to the stream's end. */
    static Job receiving(final Wire wire, final long seed, final long bytes) {
        return Support.job(() -> {
            expectPattern(wire, seed, bytes);
            expectEnd(wire);
        });
    }
}
