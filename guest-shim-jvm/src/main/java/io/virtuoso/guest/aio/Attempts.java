package io.virtuoso.guest.aio;

import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/** Reads and writes of one connection that do not wait; null: nothing there, or no room. */
final class Attempts {
    private final StreamSocket socket;
    private volatile boolean inputShut;
    private volatile boolean outputShut;

    Attempts(StreamSocket socket) {
        this.socket = socket;
    }

    Integer read(ByteBuffer dst) throws IOException {
        if (inputShut) {
            return -1;
        }
        if (!dst.hasRemaining()) {
            return 0;
        }
        try {
            int count = socket.read(dst);
            return count == 0 ? null : (Integer) count;
        } catch (SocketException e) {
            throw plain(e);
        }
    }

    Long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        if (inputShut) {
            return -1L;
        }
        if (!ChannelParts.anyRemaining(dsts, offset, length)) {
            return 0L;
        }
        try {
            long count = socket.read(dsts, offset, length);
            return count == 0 ? null : (Long) count;
        } catch (SocketException e) {
            throw plain(e);
        }
    }

    /** Asynchronous channels tell of a reset by an exception of no special kind. */
    private static IOException plain(SocketException failure) {
        return new IOException(failure.getMessage(), failure);
    }

    Integer write(ByteBuffer src) throws IOException {
        checkOutput();
        if (!src.hasRemaining()) {
            return 0;
        }
        int count = socket.writeNow(src);
        return count == 0 ? null : (Integer) count;
    }

    Long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        checkOutput();
        if (!ChannelParts.anyRemaining(srcs, offset, length)) {
            return 0L;
        }
        long count = socket.writeNow(srcs, offset, length);
        return count == 0 ? null : (Long) count;
    }

    private void checkOutput() throws ClosedChannelException {
        if (outputShut) {
            throw new ClosedChannelException();
        }
    }

    void shutdownInput() throws IOException {
        if (!inputShut) {
            inputShut = true;
            socket.shutdownInput();
        }
    }

    void shutdownOutput() throws IOException {
        if (!outputShut) {
            outputShut = true;
            socket.shutdownOutput();
        }
    }

    /** What is shut, and the names, for people. */
    String describe() {
        InetSocketAddress local = socket.localAddress();
        InetSocketAddress remote = socket.remoteAddress();
        return (inputShut ? " ishut" : "")
                + (outputShut ? " oshut" : "")
                + (local == null ? "" : " local=" + local)
                + (remote == null ? "" : " remote=" + remote);
    }
}
