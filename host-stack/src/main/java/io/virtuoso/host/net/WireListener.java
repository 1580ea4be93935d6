package io.virtuoso.host.net;

import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.TcpEvents;

/** A listening socket, as the wire path sees it. */
public interface WireListener {
    /** @return true if the backlog of connections not yet accepted has room for one more */
    boolean mayAccept();

    /** @return true if there is room for one more unfinished handshake */
    boolean mayRemember();

    /** @return largest segment that is asked for, in bytes; 0: the port's */
    int maxSegment();

    /** @return true if the congestion control of its connections lets whatever they send be marked (RFC 8257) */
    default boolean marksAll() {
        return false;
    }

    /** Puts the listener's IP_TOS and IP_TTL, or those of IPv6, into an answer that no connection sends. */
    default void mark(OutgoingSegment answer, boolean ipv6) {}

    /**
     * A SYN asks for a connection, whose names may be read, whose largest segment may be set, and nothing else be done
     * with until the handshake is over.
     *
     * @return who is told what becomes of it; null if there are no resources for it
     */
    TcpEvents open(WireConnection connection);
}
