package io.virtuoso.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A {@link SocketChannel} that does not block, with a selector for each direction. */
final class SelectedWire implements Wire, Ends.Connecting {
    final SocketChannel channel;
    private final Selector readable;
    private final Selector writable;

    SelectedWire(final SocketChannel channel) throws IOException {
        this.channel = channel;
        this.readable = Selector.open();
        this.writable = Selector.open();
        channel.configureBlocking(false);
    }

    private void await(final Selector selector, final int operation) throws IOException {
        if (channel.keyFor(selector) == null) {
            channel.register(selector, operation);
        } else {
            channel.keyFor(selector).interestOps(operation);
        }
        selector.select();
        selector.selectedKeys().clear();
    }

    @Override
    public void bind(final InetSocketAddress where) throws IOException {
        channel.bind(where);
    }

    @Override
    public void connect(final InetSocketAddress where) throws IOException {
        boolean done = channel.connect(where);
        while (!done) {
            await(writable, SelectionKey.OP_CONNECT);
            done = channel.finishConnect();
        }
    }

    @Override
    public int read(final byte[] bytes, final int offset, final int count) throws IOException {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, count);
        int got = channel.read(buffer);
        while (got == 0 && count > 0) {
            await(readable, SelectionKey.OP_READ);
            got = channel.read(buffer);
        }
        return got;
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int count) throws IOException {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, count);
        channel.write(buffer);
        while (buffer.hasRemaining()) {
            await(writable, SelectionKey.OP_WRITE);
            channel.write(buffer);
        }
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

    /** The channel's end is told at once only if its keys are gone: close, then let the selectors forget it. */
    @Override
    public void close() throws IOException {
        channel.close();
        readable.close();
        writable.close();
    }
}
