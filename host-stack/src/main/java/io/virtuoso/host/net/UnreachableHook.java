package io.virtuoso.host.net;

import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.protocol.Errno;
import java.util.ArrayList;

/**
 * Ends connects that cannot succeed: the next hop does not answer, or somebody on the way says so by ICMP. TCP
 * checks that the sequence number is one in flight, and goes on trying once established, for the way may heal (RFC 1122
 * section 4.2.3.9, RFC 5927).
 */
final class UnreachableHook implements NeighbourTable.Listener, IcmpInput.ErrorHook {
    /** Smaller ones are forged or useless; what every host must take, as Linux does. */
    private static final int MIN_MTU = 552;

    private static final int TCP_AND_IPV4_HEADERS = 40;
    private static final int TCP_AND_IPV6_HEADERS = 60;

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
            final int errno,
            final int nextHopMtu,
            final long now) {
        final WireConnection flow = flows.get(localAddress, localPort, remoteAddress, remotePort);
        if (flow == null) {
            return false;
        }
        if (errno == Errno.EMSGSIZE) {
            flow.onPathMtu(largestSegment(remoteAddress, nextHopMtu), sequence, now);
        } else {
            flow.onUnreachable(errno, sequence);
        }
        return true;
    }

    /** IPv6 packets are never made smaller than what each link carries (RFC 8201 section 4). */
    private static int largestSegment(final int remoteAddress, final int mtu) {
        return Ipv6Numbers.isIpv6(remoteAddress)
                ? Math.max(mtu, Ipv6Header.MIN_MTU) - TCP_AND_IPV6_HEADERS
                : Math.max(mtu, MIN_MTU) - TCP_AND_IPV4_HEADERS;
    }
}
