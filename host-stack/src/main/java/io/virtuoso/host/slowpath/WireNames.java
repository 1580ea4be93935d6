package io.virtuoso.host.slowpath;

import io.virtuoso.host.net.WireConnection;
import io.virtuoso.host.net.WirePath;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;

/**
 * What addresses and ports on one wire stand for: who listens or receives there, and by which names a guest's sockets are
 * known there. Addresses are ints, see {@link io.virtuoso.host.net.Ipv6Numbers}. Stack thread only.
 */
interface WireNames {
    /** A guest has become known. */
    void addNode(GuestNode node, WirePath path, long now);

    /** A guest is no more. */
    void removeNode(GuestNode node, WirePath path);

    /** @return the guest whose an address is, or null if it is no single guest's */
    GuestNode node(int address);

    /** @return who takes connections to an address and a port, or null */
    Listener listener(int address, int port);

    /** @return the socket that receives datagrams there, or null */
    GuestSocket receiver(int address, int port, int remoteAddress, int remotePort);

    /** @return by which address a guest is known to a peer */
    int address(GuestNode node, int remoteAddress);

    /** @return by which port the connection of a socket that has both its names is known; 0: none is left for its guest */
    int connectionPort(GuestSocket socket, WirePath path);

    /** A connection of a socket begins, by a port that was chosen here. */
    default void begun(GuestSocket socket, WireConnection connection) {
        // On a network's own port a guest's ports are its own.
    }

    /** Other ports than before are published. */
    default void published(PublishedPorts ports) {
        // A network's own port publishes nothing: guests have their own addresses there.
    }

    /** @return by which port a UDP socket is known; 0: all are in use */
    int datagramPort(GuestSocket socket);
}
