package io.virtuoso.apps;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;

/**
 * Says what a Java program sees when it connects, by a Socket and by a channel: "connected", or the exception with its
 * message. Arguments: address, port, milliseconds for the Socket.
 */
final class Reach {
    private Reach() {}

    public static void main(final String[] arguments) {
        final InetSocketAddress to = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        final int limit = Integer.parseInt(arguments[2]);
        try (Socket socket = new Socket()) {
            socket.connect(to, limit);
            System.out.println("socket connected");
        } catch (final IOException e) {
            System.out.println("socket " + e);
        }
        if (limit > 0) {
            return; // a channel's connect has no time limit
        }
        try (SocketChannel channel = SocketChannel.open(to)) {
            System.out.println("channel " + (channel.isConnected() ? "connected" : "?"));
        } catch (final IOException e) {
            System.out.println("channel " + e);
        }
    }
}
