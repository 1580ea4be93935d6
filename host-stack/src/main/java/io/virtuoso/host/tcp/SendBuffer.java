package io.virtuoso.host.tcp;

import java.nio.ByteBuffer;

/** Bytes to send, kept until acknowledged. Cursors are stream positions: the first byte is 0. */
public interface SendBuffer {
    /** End of what has been written, never going back, never more than the capacity beyond what was released. */
    long tail();

    /** Copies bytes into {@code target} at an absolute index. Called by the output, never by TCP itself. */
    void copyTo(long cursor, int length, ByteBuffer target, int targetOffset);

    /** Takes note of where bytes lie in native memory. */
    @FunctionalInterface
    interface Places {
        void add(long address, int length);
    }

    /**
     * Says where bytes lie, in at most two pieces that stay as they are until {@link #release}, so that the output need
     * not copy them. Their writer may change them meanwhile: nothing that depends on what they are may be kept.
     *
     * @return false if they are to be copied
     */
    default boolean locate(long cursor, int length, Places places) {
        return false;
    }

    /**
     * Whether the writer waits until everything has been released, to go on in a larger buffer. What TCP holds back for
     * more to come (Nagle, TCP_CORK) would then wait in vain.
     */
    default boolean isDraining() {
        return false;
    }

    /**
     * How many bytes may leave for the first time now, whatever the windows let out. If none may, the buffer's owner has
     * TCP look again once some may.
     */
    default long mayLeave() {
        return Long.MAX_VALUE;
    }

    /** All bytes before {@code cursor} are acknowledged: their room is free. */
    void release(long cursor);
}
