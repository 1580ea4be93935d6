package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;

/** A receive ring that checks bounds when written and {@link Pattern} when read. */
public final class TestReceiveBuffer implements ReceiveBuffer {
    private byte[] ring;
    private final int stream;
    private long head;
    private long committed;
    /** Up to this the buffer grows when TCP says that it should. */
    int limit;
    /** Bytes that there is memory for. */
    int memory = Integer.MAX_VALUE;
    /** What may be promised, if that is less than the ring holds. */
    int promise = Integer.MAX_VALUE;

    public TestReceiveBuffer(int capacity, int stream) {
        ring = new byte[capacity];
        this.stream = stream;
    }

    @Override
    public long head() {
        return head;
    }

    @Override
    public int capacity() {
        return Math.min(ring.length, promise);
    }

    @Override
    public void tune(int bytes) {
        if (Math.min(bytes, limit) > ring.length) {
            grow(Math.min(bytes, limit));
        }
    }

    @Override
    public int makeRoom(long cursor, int length) {
        return Math.clamp(head + Math.min(memory, ring.length) - cursor, 0, length);
    }

    @Override
    public void write(long cursor, ByteBuffer source, int sourceOffset, int length) {
        assertTrue(length > 0 && cursor >= committed && cursor + length <= head + ring.length, "outside of the window");
        for (int i = 0; i < length; i++) {
            ring[(int) ((cursor + i) % ring.length)] = source.get(sourceOffset + i);
        }
    }

    @Override
    public void commit(long cursor) {
        assertTrue(cursor > committed && cursor <= head + ring.length, "committed " + cursor);
        committed = cursor;
    }

    /** Reads at most {@code length} bytes and checks each. */
    int read(long length) {
        int available = (int) Math.min(length, committed - head);
        for (int i = 0; i < available; i++) {
            if (ring[(int) (head % ring.length)] != Pattern.at(head, stream)) {
                assertEquals(Pattern.at(head, stream), ring[(int) (head % ring.length)], "byte at " + head);
            }
            head++;
        }
        return available;
    }

    /** As when the ring is replaced by a larger one. */
    public void grow(int capacity) {
        byte[] larger = new byte[capacity];
        for (long at = head; at < head + ring.length; at++) {
            larger[(int) (at % capacity)] = ring[(int) (at % ring.length)];
        }
        ring = larger;
    }

    public long committed() {
        return committed;
    }

    public long unread() {
        return committed - head;
    }
}
