package io.virtuoso.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;

/** One end of a connection, whatever the API. Reads and writes wait. */
interface Wire extends AutoCloseable {
    /** At least one byte, or -1 at the stream's end. */
    int read(byte[] bytes, int offset, int count) throws IOException;

    /** All bytes. */
    void write(byte[] bytes, int offset, int count) throws IOException;

    default void write(final byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    void endInput() throws IOException;

    void endOutput() throws IOException;

    InetSocketAddress local() throws IOException;

    InetSocketAddress remote() throws IOException;

    <T> void set(SocketOption<T> option, T value) throws IOException;

    <T> T get(SocketOption<T> option) throws IOException;

    @Override
    void close() throws IOException;

    /** One that listens. */
    interface Ear extends AutoCloseable {
        Wire accept() throws IOException;

        InetSocketAddress local() throws IOException;

        <T> void set(SocketOption<T> option, T value) throws IOException;

        <T> T get(SocketOption<T> option) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** A connection, and the listener it came from. */
    final class Pair {
        final Wire client;
        final Wire server;
        final Ear listener;

        Pair(final Wire client, final Wire server, final Ear listener) {
            this.client = client;
            this.server = server;
            this.listener = listener;
        }
    }
}
