package io.virtuoso.host.net;

import io.virtuoso.host.tcp.TcpEvents;

/** A listening socket, as the wire path sees it. */
public interface WireListener {
    /** @return true if the backlog (unfinished handshakes and connections not yet accepted) has room for one more */
    boolean mayAccept();

    /**
     * A SYN asks for a connection, whose names may be read, whose largest segment may be set, and nothing else be done
     * with until the handshake is over.
     *
     * @return who is told what becomes of it; null if there are no resources for it
     */
    TcpEvents open(WireConnection connection);
}
