package io.virtuoso.protocol.stress;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/** One direct buffer, given out in zeroed pieces to the many short-lived states of a stress test. */
final class Memory {
    /** A slot, a queue of two entries and a small ring fit. */
    static final int PIECE = 512;

    static final ByteBuffer REGION = aligned(128 << 20);

    private static final int PIECES = REGION.limit() / PIECE;
    private static final AtomicInteger NEXT = new AtomicInteger();

    private Memory() {}

    /** Offset of a zeroed piece; far fewer states live at a time than there are pieces. */
    static int piece() {
        int offset = Math.floorMod(NEXT.getAndIncrement(), PIECES) * PIECE;
        for (int i = 0; i < PIECE; i += Long.BYTES) {
            REGION.putLong(offset + i, 0L);
        }
        return offset;
    }

    private static ByteBuffer aligned(int bytes) {
        return ByteBuffer.allocateDirect(bytes + 64).alignedSlice(64).order(ByteOrder.LITTLE_ENDIAN);
    }
}
