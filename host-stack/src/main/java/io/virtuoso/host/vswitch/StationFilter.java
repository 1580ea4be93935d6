package io.virtuoso.host.vswitch;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.ExtensionHeaders;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import java.nio.ByteBuffer;

/**
 * Lets through what a virtual machine may say: in its own name only, whether as sender of a frame or a packet, or as
 * neighbour that is looked for. Nothing is learned. One thread.
 */
final class StationFilter {
    private static final int ROUTER_SOLICITATION = 133;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int REDIRECT = 137;

    private final ExtensionHeaders extensions = new ExtensionHeaders();

    /** @return null if the machine may send the frame, else why it is dropped */
    DropReason check(final Frame frame, final Station station) {
        final ByteBuffer buffer = frame.buffer();
        if (EthernetHeader.source(buffer, Frame.ETHERNET_AT) != station.mac()) {
            return DropReason.MACHINE_MAC;
        }
        final int available = frame.length() - EthernetHeader.BYTES;
        return switch (EthernetHeader.type(buffer, Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_IPV4 -> checkIpv4(buffer, available, station);
            case EthernetHeader.TYPE_ARP -> checkArp(buffer, available, station);
            case EthernetHeader.TYPE_IPV6 ->
                station.hasIpv6() ? checkIpv6(buffer, available, station) : DropReason.FRAME_TYPE;
            default -> DropReason.FRAME_TYPE;
        };
    }

    private static DropReason checkIpv4(final ByteBuffer buffer, final int available, final Station station) {
        final DropReason reason = Ipv4Header.check(buffer, Frame.NETWORK_AT, available);
        if (reason != null) {
            return reason;
        }
        return Ipv4Header.source(buffer, Frame.NETWORK_AT) == station.address() ? null : DropReason.MACHINE_ADDRESS;
    }

    /** A probe (RFC 5227) has no sender address yet. */
    private static DropReason checkArp(final ByteBuffer buffer, final int available, final Station station) {
        final DropReason reason = ArpPacket.check(buffer, Frame.NETWORK_AT, available);
        if (reason != null) {
            return reason;
        }
        final int sender = ArpPacket.senderAddress(buffer, Frame.NETWORK_AT);
        return ArpPacket.senderMac(buffer, Frame.NETWORK_AT) == station.mac()
                        && (sender == station.address() || sender == 0)
                ? null
                : DropReason.MACHINE_ADDRESS;
    }

    private DropReason checkIpv6(final ByteBuffer buffer, final int available, final Station station) {
        final int ipAt = Frame.NETWORK_AT;
        DropReason reason = Ipv6Header.check(buffer, ipAt, available);
        reason = reason != null ? reason : extensions.walk(buffer, ipAt);
        if (reason != null) {
            return reason;
        }
        final int at = extensions.position();
        final int length = ipAt + Ipv6Header.BYTES + Ipv6Header.payloadLength(buffer, ipAt) - at;
        final boolean control = extensions.protocol() == Ipv6Header.PROTOCOL_ICMP && length >= Icmpv6Message.BYTES;
        final int type = control ? Icmpv6Message.type(buffer, at) : 0;
        if (type == NdMessage.SOLICITATION || type == NdMessage.ADVERTISEMENT) {
            return checkNeighbour(buffer, at, length, type, station);
        }
        final boolean own = isOwn(station, Ipv6Header.sourceHigh(buffer, ipAt), Ipv6Header.sourceLow(buffer, ipAt));
        final boolean router = type == ROUTER_SOLICITATION || type == ROUTER_ADVERTISEMENT || type == REDIRECT;
        return own && !router ? null : DropReason.MACHINE_ADDRESS;
    }

    /** Neighbour Discovery uses link-local addresses, too, and for asking whether an address is free none. */
    private static DropReason checkNeighbour(
            final ByteBuffer buffer, final int at, final int length, final int type, final Station station) {
        final int ipAt = Frame.NETWORK_AT;
        final DropReason reason = NdMessage.check(buffer, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        final boolean advertises = type == NdMessage.ADVERTISEMENT;
        final long high = Ipv6Header.sourceHigh(buffer, ipAt);
        final long low = Ipv6Header.sourceLow(buffer, ipAt);
        final boolean source = isOwnOrLocal(station, high, low) || !advertises && (high | low) == 0;
        final boolean target =
                !advertises || isOwnOrLocal(station, NdMessage.targetHigh(buffer, at), NdMessage.targetLow(buffer, at));
        final long mac = NdMessage.mac(buffer, at, length, advertises ? NdMessage.TARGET_MAC : NdMessage.SOURCE_MAC);
        final boolean place = mac == NdMessage.NO_MAC || mac == station.mac();
        return source && target && place ? null : DropReason.MACHINE_ADDRESS;
    }

    private static boolean isOwn(final Station station, final long high, final long low) {
        return high == station.high() && low == station.low();
    }

    private static boolean isOwnOrLocal(final Station station, final long high, final long low) {
        return isOwn(station, high, low) || Ipv6Header.isLinkLocal(high);
    }
}
