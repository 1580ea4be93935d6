package io.virtuoso.host.net;

import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.wire.IcmpMessage;
import java.util.ArrayList;

/**
 * Ends connects that cannot succeed: the next hop does not answer ARP, or somebody on the way says so by ICMP. TCP
 * checks that the sequence number is one in flight, and goes on trying once established, for the way may heal (RFC 1122
 * section 4.2.3.9, RFC 5927).
 */
final class UnreachableHook implements NeighbourTable.Listener, IcmpInput.ErrorHook {
    /** Smaller ones are forged or useless; what every host must take, as Linux does. */
    private static final int MIN_MTU = 552;

    private static final int TCP_AND_IP_HEADERS = 40;

    private final FlowTable<WireConnection> flows;
    private final NeighbourTable neighbours;
    private final ArrayList<WireConnection> affected = new ArrayList<>();

    UnreachableHook(final FlowTable<WireConnection> flows, final NeighbourTable neighbours) {
        this.flows = flows;
        this.neighbours = neighbours;
    }

    @Override
    public void onUnreachable(final int nextHop) {
        flows.forEach(flow -> {
            if (flow.isConnecting() && neighbours.nextHop(flow.remoteAddress) == nextHop) {
                affected.add(flow);
            }
        });
        for (final WireConnection flow : affected) {
            flow.onNextHopLost(TcpErrno.EHOSTUNREACH);
        }
        affected.clear();
    }

    @Override
    public boolean onIcmpError(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final int sequence,
            final int type,
            final int code,
            final int nextHopMtu,
            final long now) {
        final WireConnection flow = flows.get(localAddress, localPort, remoteAddress, remotePort);
        if (flow == null) {
            return false;
        }
        if (type == IcmpMessage.UNREACHABLE && code == IcmpMessage.CODE_FRAGMENTATION_NEEDED) {
            flow.onPathMtu(Math.max(nextHopMtu, MIN_MTU) - TCP_AND_IP_HEADERS, sequence, now);
        } else {
            flow.onUnreachable(IcmpError.errno(type, code), sequence);
        }
        return true;
    }
}
