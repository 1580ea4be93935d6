package io.virtuoso.host.slowpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.net.PolicyHook;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.socket.DatagramPolicy;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;

/** The policies of the guests behind one port, as asked for packets from there. Stack thread only. */
final class WirePolicy implements PolicyHook {
    private final WireNames names;
    private final NodeTable nodes;
    private final Ledger ledger;

    WirePolicy(WireNames names, NodeTable nodes, Ledger ledger) {
        this.names = names;
        this.nodes = nodes;
        this.ledger = ledger;
    }

    @Override
    public int check(Protocol protocol, int localAddress, int localPort, int remoteAddress, int remotePort) {
        if (!nodes.hasPolicies()) {
            return Policy.ALLOW;
        }
        if (protocol == Protocol.TCP) {
            final Listener listener = names.listener(localAddress, localPort);
            if (listener != null) {
                payFor(listener.node());
                return listener.node().checkAccept(remoteAddress, protocol, listener.port());
            }
        } else if (protocol == Protocol.UDP) {
            final GuestSocket socket = names.receiver(localAddress, localPort, remoteAddress, remotePort);
            if (socket != null) {
                payFor(socket.space().node());
                return DatagramPolicy.checkReceive(socket, remoteAddress, remotePort);
            }
        }
        final GuestNode node = names.node(localAddress);
        return node == null ? Policy.ALLOW : node.checkAccept(remoteAddress, protocol, localPort);
    }

    /** On an uplink nothing else has said yet whose the packet is, and a refusal ends it here. */
    private void payFor(GuestNode node) {
        ledger.charge(node.account());
    }
}
