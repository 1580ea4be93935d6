package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;

/** A send ring that produces {@link Pattern} and checks what TCP asks of it. */
public final class TestSendBuffer implements SendBuffer {
    private final int capacity;
    private final int stream;
    private long tail;
    private long released;

    public TestSendBuffer(int capacity, int stream) {
        this.capacity = capacity;
        this.stream = stream;
    }

    /** Writes as much of {@code length} bytes as there is room for. */
    int write(long length) {
        int written = (int) Math.min(length, capacity - (tail - released));
        tail += written;
        return written;
    }

    @Override
    public long tail() {
        return tail;
    }

    @Override
    public void copyTo(long cursor, int length, ByteBuffer target, int targetOffset) {
        assertTrue(cursor >= released && cursor + length <= tail, "payload outside of the ring");
        for (int i = 0; i < length; i++) {
            target.put(targetOffset + i, Pattern.at(cursor + i, stream));
        }
    }

    @Override
    public void release(long cursor) {
        assertTrue(cursor >= released && cursor <= tail, "released " + cursor);
        released = cursor;
    }

    public long released() {
        return released;
    }
}
