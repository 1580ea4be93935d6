package io.virtuoso.host.policy;

import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;
import java.util.Optional;

/**
 * What is to become of certain connections.
 *
 * @param direction which end's guest {@code guests} means
 * @param guests    who it is about
 * @param peers     guests of this host at the other end; any: that end need not be a guest
 * @param block     addresses of the other end; empty: any
 * @param protocol  empty: any
 * @param ports     of who is asked
 * @param verdict   {@link Policy#ALLOW}, {@link Policy#DROP}, or the errno of a refusal
 */
public record PolicyRule(
        Direction direction,
        GuestSelector guests,
        GuestSelector peers,
        Optional<Cidr> block,
        Optional<Protocol> protocol,
        Ports ports,
        int verdict) {

    /** A range of ports, both ends included. */
    public record Ports(int first, int last) {
        /** Every port, and what has none. */
        public static final Ports ANY = new Ports(0, 0xffff);

        @Override
        public String toString() {
            return equals(ANY) ? "any" : first == last ? Integer.toString(first) : first + "-" + last;
        }
    }

    boolean fits(
            final Guest guest,
            final Guest peer,
            final int peerAddress,
            final Ipv6Numbers numbers,
            final Protocol ofPacket,
            final int port) {
        return (protocol.isEmpty() || protocol.get() == ofPacket)
                && port >= ports.first()
                && port <= ports.last()
                && guests.selects(guest)
                && (peers.isAny() || peer != null && peers.selects(peer))
                && (block.isEmpty() || block.get().contains(peerAddress, numbers));
    }
}
