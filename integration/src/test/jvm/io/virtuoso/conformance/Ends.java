package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.keep;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketOption;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** How the kinds bind, connect and accept. */
final class Ends {
    /** What a wire can do before it is one. */
    interface Connecting {
        void bind(InetSocketAddress where) throws IOException;

        void connect(InetSocketAddress where) throws IOException;
    }

    private Ends() {}

    /** A {@link ServerSocket}. */
    static final class SocketEar implements Wire.Ear {
        private final ServerSocket socket;

        SocketEar(final ServerSocket socket) {
            this.socket = socket;
        }

        @Override
        public Wire accept() throws IOException {
            return keep(new SocketWire(socket.accept()));
        }

        @Override
        public InetSocketAddress local() {
            return (InetSocketAddress) socket.getLocalSocketAddress();
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

    /** A {@link ServerSocketChannel}, blocking or with a selector. */
    static final class ChannelEar implements Wire.Ear {
        private final ServerSocketChannel channel;
        private final Selector selector;

        ChannelEar(final ServerSocketChannel channel, final boolean selected) throws IOException {
            this.channel = channel;
            this.selector = selected ? keep(Selector.open()) : null;
            if (selected) {
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_ACCEPT);
            }
        }

        @Override
        public Wire accept() throws IOException {
            SocketChannel accepted = channel.accept();
            while (accepted == null) {
                selector.select();
                selector.selectedKeys().clear();
                accepted = channel.accept();
            }
            return keep(selector == null ? new ChannelWire(accepted) : new SelectedWire(accepted));
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
            if (selector != null) {
                selector.close();
            }
        }
    }
}
