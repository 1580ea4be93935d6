package io.virtuoso.host.slowpath;

import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.net.DatagramSink;
import io.virtuoso.host.net.IcmpError;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import java.nio.ByteBuffer;

/** Datagrams, and errors about them, from the port of one virtual network. Stack thread only. */
final class WireDatagrams implements DatagramSink {
    private final NetworkConfig network;
    private final SlowPath.WireParts parts;

    WireDatagrams(NetworkConfig network, SlowPath.WireParts parts) {
        this.network = network;
        this.parts = parts;
    }

    private GuestSocket find(int localAddress, int localPort, int remoteAddress, int remotePort) {
        final GuestNode node = parts.nodes().find(network, localAddress);
        return node == null ? null : node.datagramPorts().find(localPort, remoteAddress, remotePort);
    }

    @Override
    public boolean onDatagram(
            int localAddress, int localPort, int remoteAddress, int remotePort, ByteBuffer buffer, int at, int length) {
        final GuestSocket socket = find(localAddress, localPort, remoteAddress, remotePort);
        if (socket == null) {
            return false;
        }
        parts.datagrams().deliver(socket, remoteAddress, remotePort, buffer, at, length);
        return true;
    }

    @Override
    public boolean onIcmpError(
            int localAddress,
            int localPort,
            int remoteAddress,
            int remotePort,
            IcmpError error,
            ByteBuffer buffer,
            int at,
            int length) {
        final GuestSocket socket = find(localAddress, localPort, remoteAddress, remotePort);
        if (socket == null) {
            return false;
        }
        parts.datagrams().report(socket, error, remoteAddress, remotePort, 0, buffer, at, length);
        return true;
    }
}
