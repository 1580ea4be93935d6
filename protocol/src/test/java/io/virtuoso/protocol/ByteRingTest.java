package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class ByteRingTest {
    private static final int RING = 4096;
    private static final int RING_BYTES = 256;
    private static final int SMALL_BYTES = 64;
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(3);
    private final ByteBuffer region = Regions.blank(3 * 4096);
    private final ByteBuffer other = Regions.blank(3 * 4096);
    private final ByteBuffer source = Regions.blank(4096);
    private final ByteBuffer target = Regions.blank(4096);

    @Test
    void shouldPutEveryByteWhereItsCursorLies() {
        for (int round = 0; round < 2000; round++) {
            long base = random.nextLong();
            long cursor = base + random.nextLong();
            int length = random.nextInt(RING_BYTES + 1);
            int index = random.nextInt(1024);
            randomise(source);
            ByteRing.write(region, RING, RING_BYTES, base, cursor, source, index, length);
            for (int i = 0; i < length; i++) {
                int at = ByteRing.offsetOf(RING, RING_BYTES, base, cursor + i);
                assertEquals(source.get(index + i), region.get(at));
            }
            assertOutsideIsZero(region, RING_BYTES);
        }
    }

    @Test
    void shouldReadBackWhatWasWritten() {
        for (int round = 0; round < 2000; round++) {
            long base = random.nextLong();
            long cursor = base + random.nextLong();
            int length = random.nextInt(RING_BYTES + 1);
            randomise(source);
            ByteRing.write(region, RING, RING_BYTES, base, cursor, source, 5, length);
            ByteRing.read(region, RING, RING_BYTES, base, cursor, target, 9, length);
            assertSame(source, 5, target, 9, length);
        }
    }

    @Test
    void shouldMoveArraysAsBuffers() {
        byte[] from = new byte[4096];
        byte[] to = new byte[4096];
        for (int round = 0; round < 2000; round++) {
            long base = random.nextLong();
            long cursor = base + random.nextLong();
            int length = random.nextInt(RING_BYTES + 1);
            random.nextBytes(from);
            ByteRing.write(region, RING, RING_BYTES, base, cursor, from, 5, length);
            ByteRing.read(region, RING, RING_BYTES, base, cursor, target, 9, length);
            assertSame(ByteBuffer.wrap(from), 5, target, 9, length);
            ByteRing.read(region, RING, RING_BYTES, base, cursor, to, 7, length);
            assertSame(ByteBuffer.wrap(from), 5, ByteBuffer.wrap(to), 7, length);
            assertOutsideIsZero(region, RING_BYTES);
        }
    }

    @Test
    void shouldTransferBetweenRingsOfDifferentLengthAndPhase() {
        for (int round = 0; round < 4000; round++) {
            long fromBase = random.nextLong();
            long from = fromBase + random.nextInt(10_000);
            long toBase = random.nextLong();
            long to = toBase + random.nextInt(10_000);
            int length = random.nextInt(SMALL_BYTES + 1);
            randomise(source);
            ByteRing.write(region, RING, RING_BYTES, fromBase, from, source, 0, length);
            ByteRing.transfer(region, RING, RING_BYTES, fromBase, from, other, RING, SMALL_BYTES, toBase, to, length);
            ByteRing.read(other, RING, SMALL_BYTES, toBase, to, target, 0, length);
            assertSame(source, 0, target, 0, length);
            assertOutsideIsZero(other, SMALL_BYTES);
        }
    }

    @Test
    void shouldStayInTheRingForAnyCursorAPeerMayWrite() {
        long[] hostile = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, -(1L << 31)};
        for (long base : hostile) {
            for (long cursor : hostile) {
                ByteRing.write(region, RING, RING_BYTES, base, cursor, source, 0, RING_BYTES);
                ByteRing.read(region, RING, RING_BYTES, base, cursor, target, 0, RING_BYTES);
                assertEquals(
                        RING_BYTES,
                        ByteRing.contiguous(RING_BYTES, base, cursor)
                                + ByteRing.offsetOf(RING, RING_BYTES, base, cursor)
                                - RING);
            }
        }
    }

    @Test
    void shouldRefuseALengthThatTheRingCannotHold() {
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> ByteRing.write(region, RING, RING_BYTES, 0, 0, source, 0, RING_BYTES + 1));
        assertThrows(
                IndexOutOfBoundsException.class, () -> ByteRing.read(region, RING, RING_BYTES, 0, 0, target, 0, -1));
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> ByteRing.transfer(region, RING, RING_BYTES, 0, 0, other, RING, SMALL_BYTES, 0, 0, 65));
    }

    private void randomise(ByteBuffer buffer) {
        for (int i = 0; i < buffer.limit(); i += Long.BYTES) {
            buffer.putLong(i, random.nextLong());
        }
    }

    private static void assertSame(ByteBuffer a, int indexA, ByteBuffer b, int indexB, int length) {
        assertEquals(a.slice(indexA, length), b.slice(indexB, length));
    }

    private static void assertOutsideIsZero(ByteBuffer region, int ringBytes) {
        for (int i = RING - 64; i < RING; i++) {
            assertEquals(0, region.get(i));
        }
        for (int i = RING + ringBytes; i < RING + ringBytes + 64; i++) {
            assertEquals(0, region.get(i));
        }
    }
}
