package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.tcp.ReceiveBuffer;
import io.virtuoso.host.tcp.SendBuffer;
import io.virtuoso.host.tcp.TcpConnection;
import io.virtuoso.host.tcp.TcpEvents;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * A socket and its program, for tests: writes a stream whose bytes are known from their positions, checks what it
 * reads, or echoes it. {@link #step} is the program; callbacks only take notes.
 */
final class StreamSocket implements TcpEvents, SendBuffer, ReceiveBuffer {
    /** Coprime to any power of two, so that a byte at a wrong position is noticed. */
    private static final int PATTERN = 65_521;

    private static final ByteBuffer STREAM = pattern();

    private final ByteBuffer sendRing;
    private final long sendAddress;
    private final ByteBuffer receiveRing;
    private final boolean echo;
    private long toWrite;
    private WireConnection connection;

    private long sendHead;
    private long sendTail;
    private long receiveHead;
    private long receiveTail;
    private boolean shut;

    /** Whether more may be written later: else the socket shuts down when all is. */
    boolean writesMore;

    boolean isEstablished;
    boolean peerClosed;
    boolean buffersDone;
    boolean closed;
    int errno;

    /**
     * @param ringBytes of each direction; a power of two
     * @param toWrite bytes to write before closing; ignored by an echo
     */
    StreamSocket(final int ringBytes, final boolean echo, final long toWrite) {
        this.sendRing = ByteBuffer.allocateDirect(ringBytes);
        this.sendAddress = MemorySegment.ofBuffer(sendRing).address();
        this.receiveRing = ByteBuffer.allocateDirect(ringBytes);
        this.echo = echo;
        this.toWrite = toWrite;
    }

    private static ByteBuffer pattern() {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(PATTERN + (1 << 20));
        int state = 1;
        for (int i = 0; i < bytes.capacity(); i++) {
            if (i % PATTERN == 0) {
                state = 1;
            }
            state = state * 1_103_515_245 + 12_345;
            bytes.put(i, (byte) (state >>> 16));
        }
        return bytes;
    }

    /** @return the stream's bytes from a position on, at least 1 MiB of them */
    static ByteBuffer stream(final long position, final int length) {
        return STREAM.slice((int) (position % PATTERN), length);
    }

    void connection(final WireConnection newConnection) {
        connection = newConnection;
    }

    WireConnection connection() {
        return connection;
    }

    long bytesRead() {
        return receiveHead;
    }

    /** More to write, for a socket that has not shut down. */
    void write(final long bytes) {
        toWrite += bytes;
    }

    /** Reads, writes and closes as far as possible. @return true if anything happened */
    boolean step(final long now) {
        if (!isEstablished) {
            return false;
        }
        if (buffersDone) {
            return readRest(now);
        }
        return echo ? echoStep(now) : streamStep(now);
    }

    private boolean streamStep(final long now) {
        boolean worked = false;
        final long end = Math.min(toWrite, sendHead + sendRing.capacity());
        if (sendTail < end) {
            while (sendTail < end) {
                final int at = (int) (sendTail & sendRing.capacity() - 1);
                final int length = (int) Math.min(Math.min(end - sendTail, sendRing.capacity() - at), 1 << 20);
                copy(STREAM, (int) (sendTail % PATTERN), sendRing, at, length);
                sendTail += length;
            }
            connection.onDataToSend(now);
            worked = true;
        }
        if (receiveHead < receiveTail) {
            read(now);
            worked = true;
        }
        final boolean shutNow = shutWhen(sendTail == toWrite, now);
        return worked || shutNow;
    }

    /** TCP is done with the buffers, the program not yet. */
    private boolean readRest(final long now) {
        if (receiveHead == receiveTail) {
            return false;
        }
        if (echo) {
            receiveHead = receiveTail;
        } else {
            read(now);
        }
        return true;
    }

    private void read(final long now) {
        while (receiveHead < receiveTail) {
            final int at = (int) (receiveHead & receiveRing.capacity() - 1);
            final int length =
                    (int) Math.min(Math.min(receiveTail - receiveHead, receiveRing.capacity() - at), 1 << 20);
            check(at, (int) (receiveHead % PATTERN), length);
            receiveHead += length;
        }
        connection.onRoomMade(now);
    }

    private void check(final int at, final int patternAt, final int length) {
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            if (receiveRing.getLong(at + i) != STREAM.getLong(patternAt + i)) {
                break;
            }
        }
        for (; i < length; i++) {
            if (receiveRing.get(at + i) != STREAM.get(patternAt + i)) {
                assertEquals(-1, receiveHead + i, "byte differs at this position");
            }
        }
    }

    private boolean echoStep(final long now) {
        final long end = Math.min(receiveTail, receiveHead + sendRing.capacity() - (sendTail - sendHead));
        final boolean worked = receiveHead < end;
        while (receiveHead < end) {
            final int from = (int) (receiveHead & receiveRing.capacity() - 1);
            final int to = (int) (sendTail & sendRing.capacity() - 1);
            final int length = (int)
                    Math.min(end - receiveHead, Math.min(receiveRing.capacity() - from, sendRing.capacity() - to));
            copy(receiveRing, from, sendRing, to, length);
            receiveHead += length;
            sendTail += length;
        }
        if (worked) {
            connection.onDataToSend(now);
            connection.onRoomMade(now);
        }
        final boolean shutNow = shutWhen(peerClosed && receiveHead == receiveTail, now);
        return worked || shutNow;
    }

    private boolean shutWhen(final boolean done, final long now) {
        if (!done || shut || writesMore || toWrite < 0) {
            return false;
        }
        shut = true;
        connection.shutdownWrite(now);
        return true;
    }

    private static void copy(
            final ByteBuffer from, final int fromAt, final ByteBuffer to, final int toAt, final int length) {
        to.put(toAt, from, fromAt, length);
    }

    @Override
    public void established(final TcpConnection tcp) {
        isEstablished = true;
        tcp.attachBuffers(this, this);
    }

    @Override
    public void peerClosed(final TcpConnection tcp) {
        peerClosed = true;
    }

    @Override
    public void failed(final TcpConnection tcp, final int newErrno) {
        errno = newErrno;
    }

    @Override
    public void buffersDone(final TcpConnection tcp) {
        buffersDone = true;
    }

    @Override
    public void closed(final TcpConnection tcp) {
        closed = true;
    }

    @Override
    public long tail() {
        return sendTail;
    }

    @Override
    public void copyTo(final long cursor, final int length, final ByteBuffer target, final int targetOffset) {
        final int at = (int) (cursor & sendRing.capacity() - 1);
        final int first = Math.min(length, sendRing.capacity() - at);
        copy(sendRing, at, target, targetOffset, first);
        copy(sendRing, 0, target, targetOffset + first, length - first);
    }

    @Override
    public boolean locate(final long cursor, final int length, final Places places) {
        final int at = (int) (cursor & sendRing.capacity() - 1);
        final int first = Math.min(length, sendRing.capacity() - at);
        places.add(sendAddress + at, first);
        if (first < length) {
            places.add(sendAddress, length - first);
        }
        return true;
    }

    @Override
    public void release(final long cursor) {
        sendHead = cursor;
    }

    @Override
    public long head() {
        return receiveHead;
    }

    @Override
    public int capacity() {
        return receiveRing.capacity();
    }

    @Override
    public void tune(final int bytes) {}

    @Override
    public int makeRoom(final long cursor, final int length) {
        return length;
    }

    @Override
    public void write(final long cursor, final ByteBuffer source, final int sourceOffset, final int length) {
        final int at = (int) (cursor & receiveRing.capacity() - 1);
        final int first = Math.min(length, receiveRing.capacity() - at);
        copy(source, sourceOffset, receiveRing, at, first);
        copy(source, sourceOffset + first, receiveRing, 0, length - first);
    }

    @Override
    public void commit(final long cursor) {
        receiveTail = cursor;
    }
}
