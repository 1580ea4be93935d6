package io.virtuoso.guest.nio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.function.IntSupplier;

/** The streams of a channel's socket. */
final class SocketStreams {
    private SocketStreams() {}

    /** Reads, for as long as a timeout says; 0: for ever. */
    static final class In extends InputStream {
        private final GuestSocketChannel channel;
        private final IntSupplier timeoutMillis;

        In(GuestSocketChannel channel, IntSupplier timeoutMillis) {
            this.channel = channel;
            this.timeoutMillis = timeoutMillis;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) > 0 ? one[0] & 255 : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            return length == 0 ? 0 : channel.blockingRead(bytes, offset, length, timeoutMillis.getAsInt());
        }

        @Override
        public int available() throws IOException {
            return channel.available();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Writes all of what it is given. */
    static final class Out extends OutputStream {
        private final GuestSocketChannel channel;

        Out(GuestSocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (length > 0) {
                channel.blockingWrite(bytes, offset, length);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
