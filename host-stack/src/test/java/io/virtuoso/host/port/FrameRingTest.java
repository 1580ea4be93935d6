package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrameRingTest {
    private final FrameRing ring = new FrameRing(ByteBuffer.allocateDirect(FrameRing.BYTES));
    private final Frame frame = new Frame();
    private int rings;

    private static byte[] bytes(final int length, final int seed) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (seed + i * 7);
        }
        return bytes;
    }

    private boolean offer(final int length, final int number) {
        frame.length(length);
        frame.buffer().put(Frame.ETHERNET_AT, bytes(length, number));
        VirtioNetHeader.writeNeedsChecksum(frame.buffer(), Frame.VIRTIO_AT, 34, number % 60);
        return ring.offer(frame);
    }

    private void checkTaken(final int length, final int number) {
        assertTrue(ring.take(frame));
        assertEquals(length, frame.length());
        final byte[] found = new byte[length];
        frame.buffer().get(Frame.ETHERNET_AT, found);
        assertArrayEquals(bytes(length, number), found);
        assertEquals(number % 60, VirtioNetHeader.checksumOffset(frame.buffer(), Frame.VIRTIO_AT));
    }

    @Test
    void shouldBringFramesInTheirOrderWithTheirVirtioHeaders() {
        assertFalse(ring.take(frame));
        assertTrue(offer(60, 1));
        assertTrue(offer(Frame.MAX_LENGTH, 2));
        assertTrue(offer(1514, 3));
        checkTaken(60, 1);
        checkTaken(Frame.MAX_LENGTH, 2);
        checkTaken(1514, 3);
        assertFalse(ring.take(frame));
    }

    @Test
    void shouldTakeFramesThatBeginEarlierToWhereFramesBegin() {
        frame.expectOuter(50);
        frame.length(100);
        frame.buffer().put(frame.ethernetAt(), bytes(100, 9));
        VirtioNetHeader.writeNeedsChecksum(frame.buffer(), frame.virtioAt(), 34, 9);
        assertTrue(ring.offer(frame));
        checkTaken(100, 9);
        assertEquals(Frame.ETHERNET_AT, frame.ethernetAt());
    }

    @Test
    void shouldLoseAndCountWhatFindsNoRoom() {
        int put = 0;
        while (offer(1514, put)) {
            put++;
        }
        assertEquals(FrameRing.BYTES / 1536, put);
        assertEquals(1, ring.lost());
        for (int i = 0; i < put; i++) {
            checkTaken(1514, i);
        }
        assertTrue(offer(1514, 5));
        checkTaken(1514, 5);
        assertEquals(1, ring.lost());
    }

    @Test
    void shouldLoseWhatIsTooLargeForTheRing() {
        final FrameRing small = new FrameRing(ByteBuffer.allocate(64));
        assertFalse(small.offer(ByteBuffer.allocate(64), 0, 40));
        assertTrue(small.offer(ByteBuffer.allocate(64), 0, 28));
        assertEquals(1, small.lost());
        assertThrows(IllegalArgumentException.class, () -> new FrameRing(ByteBuffer.allocate(96)));
    }

    /** Against a queue that cannot be wrong. */
    @Test
    void shouldKeepEveryByteHoweverRecordsFallOnTheRingsEnd() {
        for (int seed = 0; seed < 200; seed++) {
            final SplittableRandom random = new SplittableRandom(seed);
            final FrameRing small = new FrameRing(ByteBuffer.allocate(64 << random.nextInt(12)));
            final Deque<byte[]> expected = new ArrayDeque<>();
            final ByteBuffer taken = ByteBuffer.allocate(70_000);
            long lost = 0;
            for (int step = 0; step < 2_000; step++) {
                if (random.nextInt(2 + seed % 3) == 0) {
                    final byte[] record = bytes(random.nextInt(random.nextInt(30) == 0 ? 66_000 : 60), step);
                    if (small.offer(ByteBuffer.wrap(record), 0, record.length)) {
                        expected.add(record);
                    } else {
                        lost++;
                    }
                } else {
                    final int length = small.take(taken, 0);
                    final byte[] wanted = expected.poll();
                    assertEquals(wanted == null ? FrameRing.EMPTY : wanted.length, length, "seed " + seed);
                    if (wanted != null) {
                        final byte[] found = new byte[length];
                        taken.get(0, found);
                        assertArrayEquals(wanted, found, "seed " + seed);
                    }
                }
            }
            assertEquals(lost, small.lost());
        }
    }

    @Test
    void shouldUseLittleMemoryWhileItHasLittle() {
        final ByteBuffer memory = ByteBuffer.allocateDirect(FrameRing.BYTES);
        final FrameRing light = new FrameRing(memory);
        frame.length(1514);
        for (int i = 0; i < 10_000; i++) {
            frame.buffer().put(Frame.ETHERNET_AT, bytes(1514, 1 + i));
            assertTrue(light.offer(frame));
            assertTrue(light.take(frame));
        }
        for (int i = FrameRing.REWIND + 2 * 1536; i < FrameRing.BYTES; i++) {
            assertEquals(0, memory.get(i), "byte " + i);
        }
    }

    @Test
    void shouldRingOnceForAReaderThatSleeps() {
        ring.bell(() -> rings++);
        offer(60, 1);
        ring.announce();
        assertEquals(0, rings);
        checkTaken(60, 1);
        assertTrue(ring.fallAsleep());
        ring.announce();
        assertEquals(0, rings);
        offer(60, 2);
        assertEquals(0, rings, "frames of a burst are announced together");
        offer(60, 3);
        ring.announce();
        offer(60, 4);
        ring.announce();
        assertEquals(1, rings);
    }

    @Test
    void shouldNotRingForAReaderThatIsAwakeAgain() {
        ring.bell(() -> rings++);
        assertTrue(ring.fallAsleep());
        ring.wakeUp();
        offer(60, 1);
        ring.announce();
        assertEquals(0, rings);
    }

    @Test
    void shouldKeepAReaderAwakeWhileFramesWait() {
        ring.bell(() -> rings++);
        offer(60, 1);
        assertFalse(ring.fallAsleep());
        ring.announce();
        assertEquals(0, rings);
        checkTaken(60, 1);
        assertTrue(ring.fallAsleep());
    }

    @Test
    void shouldWakeAReaderThatSleepsBeforeAFullRing() {
        ring.bell(() -> rings++);
        assertTrue(ring.fallAsleep());
        while (offer(1514, 0)) {
            assertEquals(0, rings);
        }
        assertEquals(1, rings);
    }
}
