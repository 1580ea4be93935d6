package io.virtuoso.apps;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Echoes on three ports from one on: with a thread for each socket, with one selector, and with asynchronous channels.
 * Says nothing about connections that break; goes on whatever happens.
 */
final class EchoServer {
    private static final int BACKLOG = 1024;
    private static final int CHUNK = 4096;

    private EchoServer() {}

    public static void main(final String[] arguments) throws Exception {
        final int port = Integer.parseInt(arguments[0]);
        serveByThreads(new ServerSocket(port, BACKLOG));
        serveBySelector(new InetSocketAddress(port + 1));
        serveAsynchronously(new InetSocketAddress(port + 2));
        System.out.println("serving");
        Thread.currentThread().join();
    }

    private static void serveByThreads(final ServerSocket listener) {
        final ExecutorService threads = Executors.newCachedThreadPool();
        threads.execute(() -> {
            while (true) {
                try {
                    final Socket socket = listener.accept();
                    threads.execute(() -> echo(socket));
                } catch (final IOException e) {
                    System.out.println("accept failed: " + e);
                }
            }
        });
    }

    private static void echo(final Socket socket) {
        final byte[] bytes = new byte[CHUNK];
        try (socket) {
            for (int got = socket.getInputStream().read(bytes);
                    got >= 0;
                    got = socket.getInputStream().read(bytes)) {
                socket.getOutputStream().write(bytes, 0, got);
            }
        } catch (final IOException e) {
            return; // the peer has gone
        }
    }

    private static void serveBySelector(final InetSocketAddress address) throws IOException {
        final ServerSocketChannel listener = ServerSocketChannel.open().bind(address, BACKLOG);
        listener.configureBlocking(false);
        final Selector selector = Selector.open();
        listener.register(selector, SelectionKey.OP_ACCEPT);
        new Thread(() -> {
                    final ByteBuffer bytes = ByteBuffer.allocateDirect(CHUNK);
                    while (true) {
                        try {
                            selector.select();
                        } catch (final IOException e) {
                            System.out.println("select failed: " + e);
                        }
                        final Iterator<SelectionKey> keys =
                                selector.selectedKeys().iterator();
                        while (keys.hasNext()) {
                            final SelectionKey key = keys.next();
                            keys.remove();
                            serve(key, bytes);
                        }
                    }
                })
                .start();
    }

    private static void serve(final SelectionKey key, final ByteBuffer bytes) {
        try {
            if (key.channel() instanceof final ServerSocketChannel listener) {
                final SocketChannel channel = listener.accept();
                if (channel != null) {
                    channel.configureBlocking(false);
                    channel.register(key.selector(), SelectionKey.OP_READ);
                }
                return;
            }
            final SocketChannel channel = (SocketChannel) key.channel();
            bytes.clear();
            if (channel.read(bytes) < 0) {
                channel.close();
                return;
            }
            bytes.flip();
            while (bytes.hasRemaining()) {
                channel.write(bytes); // blocks are small and answered one by one: there is room
            }
        } catch (final IOException e) {
            if (key.channel() instanceof ServerSocketChannel) {
                System.out.println("accept failed: " + e);
                return;
            }
            close(key.channel());
        }
    }

    private static void serveAsynchronously(final InetSocketAddress address) throws IOException {
        final AsynchronousServerSocketChannel listener =
                AsynchronousServerSocketChannel.open().bind(address, BACKLOG);
        listener.accept(null, new CompletionHandler<AsynchronousSocketChannel, Void>() {
            @Override
            public void completed(final AsynchronousSocketChannel channel, final Void nothing) {
                listener.accept(null, this);
                echo(channel, ByteBuffer.allocate(CHUNK));
            }

            @Override
            public void failed(final Throwable e, final Void nothing) {
                System.out.println("accept failed: " + e);
                listener.accept(null, this);
            }
        });
    }

    /** Reads into the buffer, writes all of it, and again. */
    private static void echo(final AsynchronousSocketChannel channel, final ByteBuffer bytes) {
        channel.read(bytes, null, new CompletionHandler<Integer, Void>() {
            @Override
            public void completed(final Integer count, final Void nothing) {
                if (count < 0) {
                    close(channel);
                    return;
                }
                write(channel, bytes.flip());
            }

            @Override
            public void failed(final Throwable e, final Void nothing) {
                close(channel);
            }
        });
    }

    private static void write(final AsynchronousSocketChannel channel, final ByteBuffer bytes) {
        channel.write(bytes, null, new CompletionHandler<Integer, Void>() {
            @Override
            public void completed(final Integer count, final Void nothing) {
                if (bytes.hasRemaining()) {
                    write(channel, bytes);
                } else {
                    echo(channel, bytes.clear());
                }
            }

            @Override
            public void failed(final Throwable e, final Void nothing) {
                close(channel);
            }
        });
    }

    private static void close(final java.io.Closeable channel) {
        try {
            channel.close();
        } catch (final IOException e) {
            System.out.println("close failed: " + e);
        }
    }
}
