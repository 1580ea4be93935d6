package io.virtuoso.host.net;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Memory for packets that wait, for all guests of a network: a {@link PacketQueue} takes some with its first packet and
 * gives it back with its last. Stack thread only.
 */
final class PacketMemory {
    /** Guests that can have packets waiting at once. */
    static final int PIECES = 64;

    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>(PIECES);
    private int made;

    /** @return {@link PacketQueue#BYTES}; null if there is none left */
    ByteBuffer take() {
        final ByteBuffer piece = free.poll();
        if (piece != null || made == PIECES) {
            return piece;
        }
        made++;
        return ByteBuffer.allocateDirect(PacketQueue.BYTES);
    }

    void give(final ByteBuffer piece) {
        free.add(piece);
    }
}
