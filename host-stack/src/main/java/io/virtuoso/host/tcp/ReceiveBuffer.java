package io.virtuoso.host.tcp;

import java.nio.ByteBuffer;

/** Received bytes on their way to the reader. Cursors are stream positions: the first byte is 0. */
public interface ReceiveBuffer {
    /** What the reader has consumed, never going back. */
    long head();

    /** Bytes from {@link #head()} on that may be written. May grow during the connection, never shrink. */
    int capacity();

    /**
     * Writes bytes from an absolute index of {@code source}; always within [head, head + capacity). They may lie
     * ahead of what is committed (a segment arrived out of order).
     */
    void write(long cursor, ByteBuffer source, int sourceOffset, int length);

    /** All bytes before {@code cursor} are there, in order: the reader may have them. At most once per segment. */
    void commit(long cursor);
}
