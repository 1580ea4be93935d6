package io.virtuoso.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;

/** A {@link Socket}, of its own or of a channel. */
final class SocketWire implements Wire, Ends.Connecting {
    final Socket socket;

    SocketWire(final Socket socket) {
        this.socket = socket;
    }

    @Override
    public void bind(final InetSocketAddress where) throws IOException {
        socket.bind(where);
    }

    @Override
    public void connect(final InetSocketAddress where) throws IOException {
        socket.connect(where);
    }

    @Override
    public int read(final byte[] bytes, final int offset, final int count) throws IOException {
        return socket.getInputStream().read(bytes, offset, count);
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int count) throws IOException {
        socket.getOutputStream().write(bytes, offset, count);
    }

    @Override
    public void endInput() throws IOException {
        socket.shutdownInput();
    }

    @Override
    public void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public InetSocketAddress local() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    @Override
    public InetSocketAddress remote() {
        return (InetSocketAddress) socket.getRemoteSocketAddress();
    }

    @Override
    public <T> void set(final SocketOption<T> option, final T value) throws IOException {
        socket.setOption(option, value);
    }

    @Override
    public <T> T get(final SocketOption<T> option) throws IOException {
        return socket.getOption(option);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
