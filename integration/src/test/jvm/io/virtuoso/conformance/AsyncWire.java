package io.virtuoso.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** An {@link AsynchronousSocketChannel} whose futures are waited for. */
final class AsyncWire implements Wire, Ends.Connecting {
    final AsynchronousSocketChannel channel;

    AsyncWire(final AsynchronousSocketChannel channel) {
        this.channel = channel;
    }

    static <T> T await(final Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (final ExecutionException e) {
            if (e.getCause() instanceof IOException) {
                e.getCause().addSuppressed(new Throwable("was waited for here"));
                throw (IOException) e.getCause();
            }
            throw new AssertionError(e);
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void bind(final InetSocketAddress where) throws IOException {
        channel.bind(where);
    }

    @Override
    public void connect(final InetSocketAddress where) throws IOException {
        await(channel.connect(where));
    }

    @Override
    public int read(final byte[] bytes, final int offset, final int count) throws IOException {
        return await(channel.read(ByteBuffer.wrap(bytes, offset, count)));
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int count) throws IOException {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, count);
        do {
            await(channel.write(buffer));
        } while (buffer.hasRemaining());
    }

    @Override
    public void endInput() throws IOException {
        channel.shutdownInput();
    }

    @Override
    public void endOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public InetSocketAddress local() throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    @Override
    public InetSocketAddress remote() throws IOException {
        return (InetSocketAddress) channel.getRemoteAddress();
    }

    @Override
    public <T> void set(final SocketOption<T> option, final T value) throws IOException {
        channel.setOption(option, value);
    }

    @Override
    public <T> T get(final SocketOption<T> option) throws IOException {
        return channel.getOption(option);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** An {@link AsynchronousServerSocketChannel}. */
    static final class AsyncEar implements Wire.Ear {
        private final AsynchronousServerSocketChannel channel;

        AsyncEar(final AsynchronousServerSocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public Wire accept() throws IOException {
            return Support.keep(new AsyncWire(await(channel.accept())));
        }

        @Override
        public InetSocketAddress local() throws IOException {
            return (InetSocketAddress) channel.getLocalAddress();
        }

        @Override
        public <T> void set(final SocketOption<T> option, final T value) throws IOException {
            channel.setOption(option, value);
        }

        @Override
        public <T> T get(final SocketOption<T> option) throws IOException {
            return channel.getOption(option);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
