package io.virtuoso.guest.core;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * How datagrams reach a destination.
 *
 * @param to as the application names it
 * @param attachment for which this was found out
 * @param high first word of the address as the host stack knows it
 * @param low second word
 * @param flags of {@link io.virtuoso.protocol.Datagram}
 */
record Way(InetSocketAddress to, Attachment attachment, long high, long low, int flags) {
    /** @param address as the host stack knows it */
    Way(InetSocketAddress to, Attachment attachment, InetAddress address, int flags) {
        this(to, attachment, Routing.high(address), Routing.low(address), flags);
    }

    int port() {
        return to.getPort();
    }
}
