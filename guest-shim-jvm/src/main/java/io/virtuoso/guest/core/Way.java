package io.virtuoso.guest.core;

import java.net.InetSocketAddress;

/**
 * How datagrams reach a destination.
 *
 * @param to as the application names it
 * @param attachment for which this was found out
 * @param ipv4 as the host stack knows it, host order
 * @param flags of {@link io.virtuoso.protocol.Datagram}
 */
record Way(InetSocketAddress to, Attachment attachment, int ipv4, int flags) {
    int port() {
        return to.getPort();
    }
}
