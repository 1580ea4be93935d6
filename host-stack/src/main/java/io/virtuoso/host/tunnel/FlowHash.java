package io.virtuoso.host.tunnel;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VxlanHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;

/**
 * The outer source port of a frame: the same for all frames of a flow, different for different flows, so that the
 * underlay spreads flows over its ways and keeps each in order (RFC 7348 section 5).
 */
final class FlowHash {
    private static final int PORTS = 0x1_0000 - VxlanHeader.FIRST_SOURCE_PORT;

    private FlowHash() {}

    /**
     * @param frame begins at {@link Frame#ETHERNET_AT}
     * @param key secret, so that nobody can choose flows that go one way
     */
    static int sourcePort(final Frame frame, final long key) {
        final ByteBuffer buffer = frame.buffer();
        final int available = frame.length() - EthernetHeader.BYTES;
        final int at = Frame.NETWORK_AT;
        final long flow = switch (EthernetHeader.type(buffer, Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_IPV4 -> available < Ipv4Header.BYTES + 4 ? stations(buffer) : ipv4(buffer, at);
            case EthernetHeader.TYPE_IPV6 -> available < Ipv6Header.BYTES + 4 ? stations(buffer) : ipv6(buffer, at);
            default -> stations(buffer);
        };
        final long mixed = (flow ^ key) * 0x9e37_79b9_7f4a_7c15L;
        return VxlanHeader.FIRST_SOURCE_PORT + ((int) (mixed >>> 48) & PORTS - 1);
    }

    private static long stations(final ByteBuffer buffer) {
        return EthernetHeader.destination(buffer, Frame.ETHERNET_AT) * 31
                + EthernetHeader.source(buffer, Frame.ETHERNET_AT);
    }

    private static long ipv4(final ByteBuffer buffer, final int at) {
        final long addresses =
                (long) Ipv4Header.source(buffer, at) << 32 | Ipv4Header.destination(buffer, at) & 0xffff_ffffL;
        final boolean ports = Ipv4Header.headerLength(buffer, at) == Ipv4Header.BYTES
                && !Ipv4Header.isFragment(buffer, at)
                && hasPorts(Ipv4Header.protocol(buffer, at));
        return ports ? withPorts(addresses, Wire.i32(buffer, Frame.TRANSPORT_AT)) : addresses;
    }

    private static long ipv6(final ByteBuffer buffer, final int at) {
        final long source = Ipv6Header.sourceHigh(buffer, at) * 31 + Ipv6Header.sourceLow(buffer, at);
        final long destination = Ipv6Header.destinationHigh(buffer, at) * 31 + Ipv6Header.destinationLow(buffer, at);
        final long addresses = source * 0xbf58_476d_1ce4_e5b9L + destination;
        return hasPorts(Ipv6Header.nextHeader(buffer, at))
                ? withPorts(addresses, Wire.i32(buffer, Frame.TRANSPORT_AT_IPV6))
                : addresses;
    }

    private static boolean hasPorts(final int protocol) {
        return protocol == Ipv4Header.PROTOCOL_TCP || protocol == Ipv4Header.PROTOCOL_UDP;
    }

    private static long withPorts(final long addresses, final int ports) {
        final long mixed = addresses * 0xbf58_476d_1ce4_e5b9L;
        return mixed ^ mixed >>> 32 ^ (ports & 0xffff_ffffL) * 0x94d0_49bb_1331_11ebL;
    }
}
