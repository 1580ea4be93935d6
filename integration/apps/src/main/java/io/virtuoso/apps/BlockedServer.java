package io.virtuoso.apps;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Accepts connections and leaves them alone; says "accepted N" when it has all. At a line on its input answers each with
 * the eight bytes that it sent. Arguments: first port, number of ports, number of connections.
 */
final class BlockedServer {
    private static final int BACKLOG = 4096;

    private BlockedServer() {}

    public static void main(final String[] arguments) throws Exception {
        final int port = Integer.parseInt(arguments[0]);
        final int ports = Integer.parseInt(arguments[1]);
        final int count = Integer.parseInt(arguments[2]);
        final BlockingQueue<SocketChannel> accepted = new LinkedBlockingQueue<>();
        for (int i = 0; i < ports; i++) {
            final ServerSocketChannel listener =
                    ServerSocketChannel.open().bind(new InetSocketAddress(port + i), BACKLOG);
            final Thread thread = new Thread(() -> accept(listener, accepted));
            thread.setDaemon(true);
            thread.start();
        }
        System.out.println("serving");
        final List<SocketChannel> all = new ArrayList<>();
        while (all.size() < count) {
            all.add(accepted.take());
        }
        System.out.println("accepted " + count);
        System.in.read();
        final ByteBuffer bytes = ByteBuffer.allocateDirect(Long.BYTES);
        for (final SocketChannel channel : all) {
            bytes.clear();
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new IOException("a connection has ended");
                }
            }
            bytes.flip();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        System.out.println("answered " + count);
        for (final SocketChannel channel : all) {
            channel.close();
        }
        Thread.currentThread().join();
    }

    private static void accept(final ServerSocketChannel listener, final BlockingQueue<SocketChannel> accepted) {
        try {
            while (true) {
                accepted.add(listener.accept());
            }
        } catch (final IOException e) {
            System.out.println("accept failed: " + e);
        }
    }
}
