package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The kernel's end of a connection and its program: the counterpart of {@link StreamSocket}. Never blocks. */
final class KernelStream {
    private final SocketChannel channel;
    private final boolean echo;
    private final long toWrite;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 17).limit(0);
    private long written;
    private long read;
    private boolean shut;
    private boolean peerClosed;

    KernelStream(final SocketChannel channel, final boolean echo, final long toWrite) throws IOException {
        this.channel = channel;
        this.echo = echo;
        this.toWrite = toWrite;
        channel.configureBlocking(false);
    }

    boolean finished() {
        return shut && peerClosed;
    }

    long bytesRead() {
        return read;
    }

    /** Reads, writes and closes as far as possible. */
    void step() throws IOException {
        if (channel.isConnectionPending() && !channel.finishConnect()) {
            return;
        }
        if (echo) {
            echoStep();
        } else {
            streamStep();
        }
        if (finished()) {
            channel.close();
        }
    }

    private void streamStep() throws IOException {
        if (!shut) {
            final int length = (int) Math.min(1 << 17, toWrite - written);
            written += channel.write(StreamSocket.stream(written, length));
            if (written == toWrite) {
                channel.shutdownOutput();
                shut = true;
            }
        }
        if (!peerClosed) {
            buffer.clear();
            final int count = channel.read(buffer);
            if (count < 0) {
                peerClosed = true;
                return;
            }
            buffer.flip();
            final ByteBuffer expected = StreamSocket.stream(read, count);
            assertEquals(-1, buffer.mismatch(expected), "byte differs at this offset from " + read);
            read += count;
        }
    }

    private void echoStep() throws IOException {
        if (!buffer.hasRemaining() && !peerClosed) {
            buffer.clear();
            final int count = channel.read(buffer);
            buffer.flip();
            if (count < 0) {
                peerClosed = true;
            } else {
                read += count;
            }
        }
        if (buffer.hasRemaining()) {
            channel.write(buffer);
        } else if (peerClosed && !shut) {
            channel.shutdownOutput();
            shut = true;
        }
    }
}
