package io.virtuoso.apps;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.Channels;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The ways in which a Java program has a connection. */
enum Api {
    SOCKET {
        @Override
        Connection open(final InetSocketAddress to) throws IOException {
            final Socket socket = new Socket();
            try {
                socket.connect(to, CONNECT_MILLIS);
            } catch (final IOException e) {
                socket.close();
                throw e;
            }
            return new Streams(socket, socket.getInputStream(), socket.getOutputStream());
        }
    },
    CHANNEL {
        @Override
        Connection open(final InetSocketAddress to) throws IOException {
            final SocketChannel channel = SocketChannel.open(to);
            return new Streams(channel, Channels.newInputStream(channel), Channels.newOutputStream(channel));
        }
    },
    SELECTOR {
        @Override
        Connection open(final InetSocketAddress to) throws IOException {
            return new Selected(to);
        }
    },
    ASYNC {
        @Override
        Connection open(final InetSocketAddress to) throws IOException {
            final AsynchronousSocketChannel channel = AsynchronousSocketChannel.open();
            try {
                channel.connect(to).get(CONNECT_MILLIS, TimeUnit.MILLISECONDS);
            } catch (final ExecutionException | InterruptedException | TimeoutException e) {
                channel.close();
                throw new IOException(e.getCause() == null ? e : e.getCause());
            }
            return new Streams(channel, Channels.newInputStream(channel), Channels.newOutputStream(channel));
        }
    };

    private static final int CONNECT_MILLIS = 20_000;

    abstract Connection open(InetSocketAddress to) throws IOException;

    /** Blocks, in whatever way, until it has read or written all. */
    interface Connection extends Closeable {
        void write(byte[] bytes) throws IOException;

        /** @return the bytes, fewer at the end of the stream */
        byte[] read(int count) throws IOException;
    }

    /**
     * A connection that gives streams.
     *
     * @param end closes it
     */
    private record Streams(Closeable end, InputStream input, OutputStream output) implements Connection {
        @Override
        public void write(final byte[] bytes) throws IOException {
            output.write(bytes);
        }

        @Override
        public byte[] read(final int count) throws IOException {
            return input.readNBytes(count);
        }

        @Override
        public void close() throws IOException {
            end.close();
        }
    }

    /** A channel that does not block, with a selector of its own. */
    private static final class Selected implements Connection {
        private final SocketChannel channel = SocketChannel.open();
        private final Selector selector = Selector.open();
        private final SelectionKey key;

        Selected(final InetSocketAddress to) throws IOException {
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_CONNECT);
            try {
                if (!channel.connect(to)) {
                    await(SelectionKey.OP_CONNECT);
                    channel.finishConnect();
                }
            } catch (final IOException e) {
                close();
                throw e;
            }
        }

        private void await(final int interest) throws IOException {
            key.interestOps(interest);
            while (selector.selectedKeys().isEmpty()) {
                selector.select();
            }
            selector.selectedKeys().clear();
        }

        @Override
        public void write(final byte[] bytes) throws IOException {
            final ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                if (channel.write(rest) == 0) {
                    await(SelectionKey.OP_WRITE);
                }
            }
        }

        @Override
        public byte[] read(final int count) throws IOException {
            final ByteBuffer got = ByteBuffer.allocate(count);
            while (got.hasRemaining()) {
                await(SelectionKey.OP_READ);
                if (channel.read(got) < 0) {
                    break;
                }
            }
            return java.util.Arrays.copyOf(got.array(), got.position());
        }

        @Override
        public void close() throws IOException {
            channel.close();
            selector.close();
        }
    }
}
