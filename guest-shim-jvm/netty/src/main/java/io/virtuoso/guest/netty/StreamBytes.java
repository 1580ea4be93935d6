package io.virtuoso.guest.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.FileRegion;
import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Bytes between netty's buffers and one socket: each is copied once, between the buffer's memory and the ring. */
final class StreamBytes implements WritableByteChannel {
    private static final int BUFFERS_PER_WRITE = 1024;
    private static final int BYTES_PER_WRITE = 1 << 20;

    private final StreamSocket socket;

    StreamBytes(StreamSocket socket) {
        this.socket = socket;
    }

    /** Reads into a buffer. @return bytes, 0: nothing there, -1: end */
    int readInto(ByteBuf buffer) throws IOException {
        int start = buffer.writerIndex();
        int room = buffer.writableBytes();
        int count;
        if (buffer.nioBufferCount() == 1) {
            count = socket.read(buffer.internalNioBuffer(start, room));
        } else {
            ByteBuffer[] parts = buffer.nioBuffers(start, room);
            count = (int) socket.read(parts, 0, parts.length);
        }
        if (count > 0) {
            buffer.writerIndex(start + count);
        }
        return count;
    }

    /** Writes once, many buffers together. @return false if there is no room */
    boolean writeSome(ChannelOutboundBuffer in) throws IOException {
        ByteBuffer[] buffers = in.nioBuffers(BUFFERS_PER_WRITE, BYTES_PER_WRITE);
        int count = in.nioBufferCount();
        if (count == 0) {
            return in.current() instanceof FileRegion ? writeRegion(in) : in.remove();
        }
        long written = count == 1 ? socket.write(buffers[0]) : socket.write(buffers, 0, count);
        in.removeBytes(written);
        return written > 0;
    }

    private boolean writeRegion(ChannelOutboundBuffer in) throws IOException {
        FileRegion region = (FileRegion) in.current();
        long left = region.count() - region.transferred();
        long written = left <= 0 ? 0 : region.transferTo(this, region.transferred());
        if (written > 0) {
            in.progress(written);
        }
        if (written >= left) {
            in.remove();
            return true;
        }
        return written > 0;
    }

    // ---- what a file region sees -------------------------------------------------------------

    @Override
    public int write(ByteBuffer source) throws IOException {
        return socket.write(source);
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("the channel closes its socket");
    }
}
