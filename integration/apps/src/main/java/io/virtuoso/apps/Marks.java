package io.virtuoso.apps;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;

/**
 * Sends datagrams with a traffic class: one before it is set and one after it, by a socket and by a channel, and one by a
 * socket where it was set first. Arguments: address, port, the class in decimal.
 */
final class Marks {
    private Marks() {}

    public static void main(final String[] arguments) throws IOException {
        final InetSocketAddress to = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        final int trafficClass = Integer.parseInt(arguments[2]);
        final DatagramPacket packet = new DatagramPacket(new byte[] {'?'}, 1, to);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(packet);
            socket.setTrafficClass(trafficClass);
            socket.send(packet);
        }
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.send(ByteBuffer.wrap(new byte[1]), to);
            channel.setOption(StandardSocketOptions.IP_TOS, trafficClass);
            channel.send(ByteBuffer.wrap(new byte[1]), to);
        }
        try (DatagramSocket socket = new DatagramSocket(null)) {
            socket.setTrafficClass(trafficClass);
            socket.connect(to);
            socket.send(packet);
        }
        System.out.println("sent");
    }
}
