package io.virtuoso.host.tcp;

import java.nio.ByteBuffer;

/** Received bytes on their way to the reader. Cursors are stream positions: the first byte is 0. */
public interface ReceiveBuffer {
    /** What the reader has consumed, never going back. */
    long head();

    /**
     * Bytes from {@link #head()} on that the peer may be promised now. May become more and less; what was promised once
     * is not taken back.
     */
    int capacity();

    /**
     * More than {@link #capacity} would serve this connection: the reader takes it as fast as it comes. At most what
     * the application allows and memory permits is then promised.
     */
    void tune(int bytes);

    /**
     * Sees to it that bytes can be written that were promised.
     *
     * @return how many of them, fewer than {@code length} when memory is short
     */
    int makeRoom(long cursor, int length);

    /**
     * Writes bytes from an absolute index of {@code source}, for which {@link #makeRoom} made room. They may lie ahead
     * of what is committed (a segment arrived out of order).
     */
    void write(long cursor, ByteBuffer source, int sourceOffset, int length);

    /** All bytes before {@code cursor} are there, in order: the reader may have them. At most once per segment. */
    void commit(long cursor);
}
