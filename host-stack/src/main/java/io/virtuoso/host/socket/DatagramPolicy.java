package io.virtuoso.host.socket;

import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;

/**
 * What a policy says of a datagram. Datagrams make no connections, so who sent first takes the place of who connected:
 * answers pass because the question was allowed. Stack thread only.
 */
public final class DatagramPolicy {
    private DatagramPolicy() {}

    /**
     * Asks before a datagram leaves a socket.
     *
     * @param to guest of this host that has the address; null: none
     * @return {@link Policy#ALLOW}, {@link Policy#DROP} or an errno
     */
    public static int checkSend(GuestSocket from, GuestNode to, int address, int port) {
        return check(from, to, address, port, true);
    }

    /**
     * Asks before a datagram that came by the wire is given to a socket.
     *
     * @return {@link Policy#ALLOW}, {@link Policy#DROP} or an errno
     */
    public static int checkReceive(GuestSocket to, int address, int port) {
        return check(to, null, address, port, false);
    }

    private static int check(GuestSocket socket, GuestNode peer, int address, int port, boolean sends) {
        final GuestNode own = socket.space().node();
        if (own.gate().isOpen() || peer == own) {
            return Policy.ALLOW;
        }
        final int version = own.gate().version();
        final DatagramFlows flows = socket.datagram().flows();
        if (flows.knows(address, port, version)) {
            return Policy.ALLOW;
        }
        if (flows.began(address, port, !sends) && mayGoOn(socket, peer, address, port, !sends)) {
            flows.note(address, port, version, !sends);
            return Policy.ALLOW;
        }
        final int verdict = sends
                ? own.checkConnect(peer, address, Protocol.UDP, port)
                : own.checkAccept(address, Protocol.UDP, socket.localPort());
        final int lasting = verdict == Policy.ALLOW ? own.numbers().keep(address) : Ipv6Numbers.NONE;
        if (lasting != Ipv6Numbers.NONE) {
            flows.note(lasting, port, version, sends);
        }
        return verdict;
    }

    /** Another version of the policy allowed what began it. */
    private static boolean mayGoOn(GuestSocket socket, GuestNode peer, int address, int port, boolean sentFirst) {
        final GuestNode own = socket.space().node();
        if (sentFirst) {
            return own.mayConnect(peer, address, Protocol.UDP, port);
        }
        return peer == null
                ? own.mayAccept(address, Protocol.UDP, socket.localPort())
                : peer.mayConnect(own, own.addressTowards(address), Protocol.UDP, socket.localPort());
    }

    /**
     * A guest of this host was allowed to send to a socket: answers may pass.
     *
     * @param address by which it sent
     */
    static void received(GuestSocket to, GuestSocket from, int address) {
        final GuestNode own = to.space().node();
        final GuestNode peer = from.space().node();
        if (own.gate().isOpen() || peer == own) {
            return;
        }
        final int version = own.gate().version();
        final DatagramFlows flows = to.datagram().flows();
        if (!flows.knows(address, from.localPort(), version)) {
            flows.note(address, from.localPort(), version, flows.began(address, from.localPort(), true));
        }
    }
}
