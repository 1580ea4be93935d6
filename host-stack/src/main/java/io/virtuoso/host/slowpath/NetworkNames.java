package io.virtuoso.host.slowpath;

import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.WirePath;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.PortSpace;

/** Names on a network's own port: guests have their own addresses and ports. Stack thread only. */
final class NetworkNames implements WireNames {
    private final NetworkConfig network;
    private final NodeTable nodes;

    NetworkNames(NetworkConfig network, NodeTable nodes) {
        this.network = network;
        this.nodes = nodes;
    }

    @Override
    public void addNode(GuestNode node, WirePath path, long now) {
        if (node.guest().network().name().equals(network.name())) {
            path.addAddress(node.address(), node.turn(), now);
            if (node.address6() != Ipv6Numbers.NONE) {
                path.addAddress(node.address6(), node.turn(), now);
            }
        }
    }

    @Override
    public void removeNode(GuestNode node, WirePath path) {
        if (node.guest().network().name().equals(network.name())) {
            path.removeAddress(node.address());
            if (node.address6() != Ipv6Numbers.NONE) {
                path.removeAddress(node.address6());
            }
        }
    }

    @Override
    public GuestNode node(int address) {
        return nodes.find(network, address);
    }

    @Override
    public Listener listener(int address, int port) {
        final GuestNode node = nodes.find(network, address);
        return node == null ? null : node.ports().listener(port, PortSpace.family(address));
    }

    @Override
    public GuestSocket receiver(int address, int port, int remoteAddress, int remotePort) {
        final GuestNode node = nodes.find(network, address);
        return node == null ? null : node.datagramPorts().find(port, remoteAddress, remotePort, false);
    }

    @Override
    public int address(GuestNode node, int remoteAddress) {
        return node.addressTowards(remoteAddress);
    }

    @Override
    public int connectionPort(GuestSocket socket, WirePath path) {
        return socket.localPort();
    }

    @Override
    public int datagramPort(GuestSocket socket) {
        return socket.localPort();
    }
}
