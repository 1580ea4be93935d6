package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** The ways in which Java moves bytes over TCP. A case for every kind tells the same of each. */
enum Kind {
    /** {@link Socket} and {@link ServerSocket}. */
    SOCKET,
    /** The same in virtual threads, the accepted end a channel. */
    VIRTUAL,
    /** {@link SocketChannel}, blocking. */
    CHANNEL,
    /** The channel's socket. */
    ADAPTOR,
    /** {@link SocketChannel}, not blocking, with selectors. */
    SELECTED,
    /** {@link AsynchronousSocketChannel}. */
    ASYNC;

    boolean isAvailable() {
        return this != VIRTUAL || VirtualThreads.exist();
    }

    boolean isVirtual() {
        return this == VIRTUAL;
    }

    /** Whether it is {@link Socket}, on either end. */
    boolean isSocket() {
        return this == SOCKET || this == VIRTUAL || this == ADAPTOR;
    }

    /** Whether it is a {@link Socket} without a channel. */
    boolean isPlainSocket() {
        return this == SOCKET || this == VIRTUAL;
    }

    /** A socket that is neither bound nor connected. */
    Wire open() throws IOException {
        switch (this) {
            case SOCKET:
            case VIRTUAL:
                return keep(new SocketWire(new Socket()));
            case ADAPTOR:
                return keep(new SocketWire(SocketChannel.open().socket()));
            case CHANNEL:
                return keep(new ChannelWire(SocketChannel.open()));
            case SELECTED:
                return keep(new SelectedWire(SocketChannel.open()));
            default:
                return keep(new AsyncWire(AsynchronousSocketChannel.open()));
        }
    }

    Wire connect(final InetSocketAddress where) throws IOException {
        final Wire wire = open();
        ((Ends.Connecting) wire).connect(where);
        return wire;
    }

    void bind(final Wire wire, final InetSocketAddress where) throws IOException {
        ((Ends.Connecting) wire).bind(where);
    }

    void connect(final Wire wire, final InetSocketAddress where) throws IOException {
        ((Ends.Connecting) wire).connect(where);
    }

    Wire.Ear listen() throws IOException {
        return listen(own(0), 128);
    }

    Wire.Ear listen(final InetSocketAddress where, final int backlog) throws IOException {
        return listen(where, backlog, false);
    }

    Wire.Ear listen(final InetSocketAddress where, final int backlog, final boolean reuse) throws IOException {
        switch (this) {
            case SOCKET:
                final ServerSocket socket = keep(new ServerSocket());
                socket.setReuseAddress(reuse);
                socket.bind(where, backlog);
                return new Ends.SocketEar(socket);
            case ADAPTOR:
                final ServerSocket adaptor = keep(ServerSocketChannel.open()).socket();
                adaptor.setReuseAddress(reuse);
                adaptor.bind(where, backlog);
                return new Ends.SocketEar(adaptor);
            case ASYNC:
                final AsynchronousServerSocketChannel async = keep(AsynchronousServerSocketChannel.open());
                async.setOption(StandardSocketOptions.SO_REUSEADDR, reuse);
                return new AsyncWire.AsyncEar(async.bind(where, backlog));
            default:
                final ServerSocketChannel channel = keep(ServerSocketChannel.open());
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, reuse);
                return new Ends.ChannelEar(channel.bind(where, backlog), this == SELECTED);
        }
    }

    /** A connection between two sockets of this kind. */
    Wire.Pair pair() throws IOException {
        final Wire.Ear listener = listen();
        final Wire client = connect(listener.local());
        return new Wire.Pair(client, listener.accept(), listener);
    }
}
