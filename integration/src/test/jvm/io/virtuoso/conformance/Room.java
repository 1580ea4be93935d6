package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * How much a connection takes at once of who writes without waiting. There are programs that write once and do not look
 * how much it was: on a kernel they get away with it until tens of kilobytes wait to be sent.
 */
final class Room {
    private static final int KIB = 1024;
    private static final int SMALL = 300;
    private static final int CONNECTIONS = 20;

    private Room() {}

    private static void takesWhole(final SocketChannel channel, final int bytes) throws IOException {
        channel.configureBlocking(false);
        same(channel.write(ByteBuffer.allocate(bytes)), bytes);
    }

    @Case
    static void newConnectionTakesAMessageWhole() throws Exception {
        for (int i = 0; i < CONNECTIONS; i++) {
            final SocketChannel[] pair = Channels.pair();
            takesWhole(pair[i % 2], 64 * KIB);
            pair[0].close();
            pair[1].close();
        }
    }

    @Case
    static void connectionThatNobodyAcceptedTakesAMessageWhole() throws Exception {
        final ServerSocketChannel listener = Channels.listener();
        takesWhole(keep(SocketChannel.open(listener.getLocalAddress())), 16 * KIB);
    }

    @Case
    static void newConnectionTakesVectorsWhole() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[1].configureBlocking(false);
        final ByteBuffer[] message = {ByteBuffer.allocate(90), ByteBuffer.allocateDirect(40 * KIB)};
        same(pair[1].write(message), 90L + 40 * KIB);
    }

    @Case
    static void newConnectionTakesManySmallMessages() throws Exception {
        final SocketChannel[] pair = Channels.pair();
        pair[0].configureBlocking(false);
        for (int sent = 0; sent < 16 * KIB; sent += SMALL) {
            same(pair[0].write(ByteBuffer.allocate(SMALL)), SMALL);
        }
    }

    @Case
    static void newConnectionOfAsynchronousChannelsTakesAMessageWhole() throws Exception {
        final AsynchronousServerSocketChannel listener =
                keep(AsynchronousServerSocketChannel.open()).bind(own(0));
        final AsynchronousSocketChannel client = keep(AsynchronousSocketChannel.open());
        client.connect(new InetSocketAddress(own(), ((InetSocketAddress) listener.getLocalAddress()).getPort()))
                .get(Support.SOON, TimeUnit.MILLISECONDS);
        final AsynchronousSocketChannel server = keep(listener.accept().get(Support.SOON, TimeUnit.MILLISECONDS));
        for (final AsynchronousSocketChannel end : new AsynchronousSocketChannel[] {client, server}) {
            same(end.write(ByteBuffer.allocate(64 * KIB)).get(Support.SOON, TimeUnit.MILLISECONDS), 64 * KIB);
        }
    }

    @Case
    static void messageToAnotherMachineIsTakenWhole(final Peer peer) throws Exception {
        for (int i = 0; i < CONNECTIONS; i++) {
            final SocketChannel channel = keep(SocketChannel.open(peer.at(Peer.PORT)));
            takesWhole(channel, 32 * KIB);
            channel.close();
        }
    }
}
