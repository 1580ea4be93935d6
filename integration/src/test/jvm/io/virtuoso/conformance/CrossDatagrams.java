package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;

/** Datagrams to another machine, which sends them back. */
final class CrossDatagrams {
    private static final int LARGEST = 65507;
    private static final int WHOLE = 1472; // in one Ethernet frame

    private CrossDatagrams() {}

    private static DatagramSocket socket(final Peer peer) throws IOException {
        final DatagramSocket socket = keep(new DatagramSocket());
        socket.connect(peer.at(Peer.UDP_PORT));
        socket.setSoTimeout(Support.SOON);
        return socket;
    }

    private static void echo(final DatagramSocket socket, final int size) throws IOException {
        final byte[] sent = new byte[size];
        Bytes.fill(sent, size, size, 0);
        socket.send(new DatagramPacket(sent, size));
        final DatagramPacket got = new DatagramPacket(new byte[LARGEST + 1], LARGEST + 1);
        socket.receive(got);
        same(ByteBuffer.wrap(got.getData(), 0, got.getLength()), ByteBuffer.wrap(sent));
    }

    @Case(seconds = 90)
    static void echo(final Peer peer) throws Exception {
        final DatagramSocket socket = socket(peer);
        echo(socket, 5);
        echo(socket, WHOLE);
        for (int i = 0; i < 500; i++) {
            echo(socket, 1 + i * 37 % WHOLE);
        }
    }

    @Case(seconds = 90)
    static void echoInFragments(final Peer peer) throws Exception {
        final DatagramSocket socket = socket(peer);
        for (int size = WHOLE + 1; size < LARGEST; size += 4273) {
            echo(socket, size);
        }
        echo(socket, LARGEST);
    }

    @Case(seconds = 90)
    static void echoWithoutConnecting(final Peer peer) throws Exception {
        final DatagramChannel channel = keep(DatagramChannel.open());
        final ByteBuffer buffer = ByteBuffer.allocate(20);
        for (int i = 0; i < 200; i++) {
            same(channel.send(ByteBuffer.allocate(4).putInt(0, i), peer.at(Peer.UDP_PORT)), 4);
            same(channel.receive(buffer.clear()), peer.at(Peer.UDP_PORT));
            same(buffer.getInt(0), i);
        }
    }

    @Case
    static void nobodyReceives(final Peer peer) throws Exception {
        final DatagramSocket socket = keep(new DatagramSocket());
        socket.setSoTimeout(Support.SOON);
        socket.connect(peer.at(9));
        socket.send(new DatagramPacket(new byte[1], 1));
        fails(PortUnreachableException.class, () -> socket.receive(new DatagramPacket(new byte[1], 1)));
        check(socket.isConnected(), "not connected");
    }
}
