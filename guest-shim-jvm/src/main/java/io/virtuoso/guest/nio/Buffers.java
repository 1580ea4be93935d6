package io.virtuoso.guest.nio;

import java.nio.ByteBuffer;

/** Checks of buffers that programs hand in. */
final class Buffers {
    private Buffers() {}

    static void checkWritable(ByteBuffer buffer) {
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
    }

    /** @return bytes for which there is room in all */
    static long checkWritable(ByteBuffer[] buffers, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            checkWritable(buffers[i]);
        }
        return remaining(buffers, offset, length);
    }

    static long remaining(ByteBuffer[] buffers, int offset, int length) {
        long sum = 0;
        for (int i = offset; i < offset + length; i++) {
            sum += buffers[i].remaining();
        }
        return sum;
    }
}
