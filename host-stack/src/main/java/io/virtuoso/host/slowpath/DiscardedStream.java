package io.virtuoso.host.slowpath;

import io.virtuoso.host.tcp.ReceiveBuffer;
import io.virtuoso.host.tcp.SendBuffer;
import java.nio.ByteBuffer;

/** Buffers of a connection that is about to be reset because nobody can accept it: they hold nothing. */
final class DiscardedStream implements SendBuffer, ReceiveBuffer {
    static final DiscardedStream INSTANCE = new DiscardedStream();

    private DiscardedStream() {}

    @Override
    public long tail() {
        return 0;
    }

    @Override
    public void copyTo(long cursor, int length, ByteBuffer target, int targetOffset) {}

    @Override
    public void release(long cursor) {}

    @Override
    public long head() {
        return 0;
    }

    @Override
    public int capacity() {
        return WireStream.INITIAL_RECEIVE_BYTES;
    }

    @Override
    public void tune(int bytes) {}

    @Override
    public int makeRoom(long cursor, int length) {
        return length;
    }

    @Override
    public void write(long cursor, ByteBuffer source, int sourceOffset, int length) {}

    @Override
    public void commit(long cursor) {}
}
