package io.virtuoso.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A {@link SocketChannel}, blocking. */
final class ChannelWire implements Wire, Ends.Connecting {
    final SocketChannel channel;

    ChannelWire(final SocketChannel channel) {
        this.channel = channel;
    }

    @Override
    public void bind(final InetSocketAddress where) throws IOException {
        channel.bind(where);
    }

    @Override
    public void connect(final InetSocketAddress where) throws IOException {
        channel.connect(where);
    }

    @Override
    public int read(final byte[] bytes, final int offset, final int count) throws IOException {
        return channel.read(ByteBuffer.wrap(bytes, offset, count));
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int count) throws IOException {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, count);
        do {
            channel.write(buffer);
        } while (buffer.hasRemaining()); // a virtual thread may write less than all
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
}
