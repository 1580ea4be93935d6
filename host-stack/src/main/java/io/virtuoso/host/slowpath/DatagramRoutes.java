package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;

/** Which way datagrams go. Stack thread only. */
final class DatagramRoutes implements DatagramPath.Routes {
    private final NodeTable nodes;
    private WireService wire;

    DatagramRoutes(NodeTable nodes) {
        this.nodes = nodes;
    }

    /** The wire service is made later: it delivers to the path that has these routes. */
    void wire(WireService service) {
        wire = service;
    }

    @Override
    public GuestNode find(GuestNode from, int address) {
        return nodes.find(from, address);
    }

    @Override
    public boolean sendByWire(GuestSocket from, int address, int port, long cursor, int length) {
        return wire.sendDatagram(from, address, port, cursor, length);
    }
}
