package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.ExtensionHeaders;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv4Options;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.util.function.BooleanSupplier;

/**
 * The receive stage up to the transport: offload header, Ethernet, ARP, IPv4 and IPv6 with their fragments. Whatever a frame contains, it is handed on
 * or counted as dropped. Nothing is forwarded: packets for addresses that no guest has are dropped.
 */
final class IpInput {
    /** Takes what the IP header says is for it. The packet has been checked up to the IP header. */
    interface Transport {
        /**
         * A packet for one of our addresses.
         *
         * @param ipAt position of the IP header
         * @param at position behind the IP header
         * @param length bytes behind the IP header
         * @return null, or why the packet was dropped
         */
        DropReason onPacket(Frame frame, int ipAt, int at, int length, long now);

        /**
         * A packet of IPv4 for one of our addresses, of whatever protocol, is dropped for a malformed option.
         *
         * @param pointer which byte of the IP header makes no sense
         */
        default void onBadOption(Frame frame, int ipAt, int pointer, long now) {}
    }

    private final LocalAddresses addresses;
    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final Reassembly reassembly;
    private final long mac;
    private final Transport tcp;
    private final Transport icmp;
    private final Transport udp;
    private final Transport icmpv6;
    private Transport gre = (frame, ipAt, at, length, now) -> DropReason.IP_PROTOCOL;
    private final boolean ipv6;
    private boolean charged;
    private BooleanSupplier own = () -> false;
    private final Ipv6Numbers numbers;
    private final ExtensionHeaders extensions = new ExtensionHeaders();

    IpInput(
            final LocalAddresses addresses,
            final NeighbourTable neighbours,
            final StackCounters counters,
            final long mac,
            final Transport tcp,
            final Transport udp,
            final Transport icmp,
            final Ipv6 ipv6) {
        this.addresses = addresses;
        this.neighbours = neighbours;
        this.counters = counters;
        this.reassembly = new Reassembly(counters);
        this.mac = mac;
        this.tcp = tcp;
        this.udp = udp;
        this.icmp = icmp;
        this.ipv6 = ipv6.served();
        this.numbers = ipv6.numbers();
        this.icmpv6 = ipv6.icmp();
    }

    /** Says who takes GRE; nobody does before. */
    void gre(final Transport transport) {
        gre = transport;
    }

    /** Says whether the frame at hand was sent by ourselves, so that its source may be ours; none is before. */
    void own(final BooleanSupplier asked) {
        own = asked;
    }

    /** What IPv6 needs besides. */
    record Ipv6(boolean served, Ipv6Numbers numbers, Transport icmp) {}

    /** @return packets of which fragments are missing, and may yet come */
    int incomplete(final long now) {
        return reassembly.incomplete(now);
    }

    /** Takes one frame. @return null, or why it was dropped */
    DropReason onFrame(final Frame frame, final long now) {
        counters.count(StackCounter.FRAMES_IN);
        counters.add(StackCounter.BYTES_IN, frame.length());
        charged = false;
        final DropReason reason = onEthernet(frame, now);
        if (!charged) {
            addresses.chargeNobody(frame);
        }
        if (reason != null) {
            counters.drop(reason);
        }
        return reason;
    }

    private void charge(final int address, final Frame frame) {
        charged = addresses.charge(address, frame);
    }

    private DropReason onEthernet(final Frame frame, final long now) {
        final var buffer = frame.buffer();
        if (frame.length() < EthernetHeader.BYTES) {
            return DropReason.FRAME_TRUNCATED;
        }
        final int gsoType = VirtioNetHeader.gsoType(buffer, Frame.VIRTIO_AT);
        if (gsoType != VirtioNetHeader.GSO_NONE
                && gsoType != VirtioNetHeader.GSO_TCPV4
                && gsoType != VirtioNetHeader.GSO_TCPV6) {
            return DropReason.VIRTIO_HEADER;
        }
        final int type = EthernetHeader.type(buffer, Frame.ETHERNET_AT);
        if (type == EthernetHeader.TYPE_IPV6 && ipv6) {
            return onIpv6(frame, now);
        }
        if (type != EthernetHeader.TYPE_IPV4 && type != EthernetHeader.TYPE_ARP) {
            return DropReason.FRAME_TYPE;
        }
        final long destination = EthernetHeader.destination(buffer, Frame.ETHERNET_AT);
        final boolean broadcastArp = destination == EthernetHeader.BROADCAST && type == EthernetHeader.TYPE_ARP;
        if (destination != mac && !broadcastArp) {
            return DropReason.FRAME_DESTINATION;
        }
        final int available = frame.length() - EthernetHeader.BYTES;
        return type == EthernetHeader.TYPE_IPV4 ? onIpv4(frame, available, now) : onArp(frame, available, now);
    }

    private DropReason onArp(final Frame frame, final int available, final long now) {
        final var buffer = frame.buffer();
        final DropReason reason = ArpPacket.check(buffer, Frame.NETWORK_AT, available);
        if (reason != null) {
            return reason;
        }
        final int sender = ArpPacket.senderAddress(buffer, Frame.NETWORK_AT);
        final int target = ArpPacket.targetAddress(buffer, Frame.NETWORK_AT);
        final long senderMac = ArpPacket.senderMac(buffer, Frame.NETWORK_AT);
        // A probe (RFC 5227) has no address yet. What no station can have would be taken for one of IPv6.
        if (addresses.containsIpv4(sender) || sender != 0 && !Ipv4Header.isUnicast(sender)) {
            return DropReason.IP_SOURCE;
        }
        counters.count(StackCounter.ARP_IN);
        final boolean forUs = addresses.containsIpv4(target);
        if (forUs) {
            charge(target, frame);
        }
        neighbours.learn(sender, senderMac, forUs, now);
        if (forUs && ArpPacket.operation(buffer, Frame.NETWORK_AT) == ArpPacket.REQUEST) {
            neighbours.reply(target, senderMac, sender);
        }
        return null;
    }

    private DropReason onIpv4(final Frame frame, final int available, final long now) {
        final var buffer = frame.buffer();
        final int ipAt = Frame.NETWORK_AT;
        final DropReason reason = Ipv4Header.check(buffer, ipAt, available);
        if (reason != null) {
            return reason;
        }
        if (!addresses.containsIpv4(Ipv4Header.destination(buffer, ipAt))) {
            return DropReason.IP_NOT_OURS;
        }
        final int destination = Ipv4Header.destination(buffer, ipAt);
        charge(destination, frame);
        if (addresses.containsIpv4(Ipv4Header.source(buffer, ipAt)) && !own.getAsBoolean()) {
            return DropReason.IP_SOURCE;
        }
        return addresses.mayReceive(destination) ? onOwnIpv4(frame, now) : enqueue(destination, frame, now);
    }

    private DropReason enqueue(final int destination, final Frame frame, final long now) {
        return addresses.enqueue(destination, frame, now) ? null : DropReason.GUEST_QUEUE_FULL;
    }

    /** Goes on with a frame that had to wait for its guest's turn. @return null, or why it was dropped */
    DropReason resume(final Frame frame, final long now) {
        final DropReason reason = onResumed(frame, now);
        if (reason != null) {
            counters.drop(reason);
        }
        return reason;
    }

    /** The guest may have been removed meanwhile. */
    private DropReason onResumed(final Frame frame, final long now) {
        final var buffer = frame.buffer();
        final int ipAt = Frame.NETWORK_AT;
        if (EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV6) {
            final int destination =
                    numbers.find(Ipv6Header.destinationHigh(buffer, ipAt), Ipv6Header.destinationLow(buffer, ipAt));
            return addresses.contains(destination) ? onOwnIpv6(frame, false, now) : DropReason.IP_NOT_OURS;
        }
        return addresses.containsIpv4(Ipv4Header.destination(buffer, ipAt))
                ? onOwnIpv4(frame, now)
                : DropReason.IP_NOT_OURS;
    }

    private DropReason onOwnIpv4(final Frame frame, final long now) {
        final var buffer = frame.buffer();
        final int ipAt = Frame.NETWORK_AT;
        final int headerLength = Ipv4Header.headerLength(buffer, ipAt);
        if (headerLength != Ipv4Header.BYTES) {
            final int wrong = Ipv4Options.check(buffer, ipAt, headerLength);
            if (wrong == Ipv4Options.SOURCE_ROUTE) {
                return DropReason.IP_SOURCE_ROUTE;
            }
            if (wrong != Ipv4Options.SOUND) {
                icmp.onBadOption(frame, ipAt, wrong, now);
                return DropReason.IP_OPTION;
            }
        }
        if (Ipv4Header.isFragment(buffer, ipAt)) {
            final Frame whole = reassembly.add(buffer, ipAt, now);
            return whole == null ? null : toTransport(whole, now);
        }
        return toTransport(frame, now);
    }

    private DropReason onIpv6(final Frame frame, final long now) {
        final var buffer = frame.buffer();
        final int ipAt = Frame.NETWORK_AT;
        final long station = EthernetHeader.destination(buffer, Frame.ETHERNET_AT);
        if (station != mac && !NdMessage.isMulticastMac(station)) {
            return DropReason.FRAME_DESTINATION;
        }
        final DropReason reason = Ipv6Header.check(buffer, ipAt, frame.length() - EthernetHeader.BYTES);
        if (reason != null) {
            return reason;
        }
        final long high = Ipv6Header.destinationHigh(buffer, ipAt);
        final long low = Ipv6Header.destinationLow(buffer, ipAt);
        final boolean group = NdMessage.isSolicitedNode(high, low) || NdMessage.isAllNodes(high, low);
        if (!group && (station != mac || !addresses.contains(numbers.find(high, low)))) {
            return DropReason.IP_NOT_OURS;
        }
        if (!group) {
            charge(numbers.find(high, low), frame);
        }
        if (addresses.contains(numbers.find(Ipv6Header.sourceHigh(buffer, ipAt), Ipv6Header.sourceLow(buffer, ipAt)))
                && !own.getAsBoolean()) {
            return DropReason.IP_SOURCE;
        }
        final int destination = numbers.find(high, low);
        return group || addresses.mayReceive(destination)
                ? onOwnIpv6(frame, group, now)
                : enqueue(destination, frame, now);
    }

    private DropReason onOwnIpv6(final Frame frame, final boolean group, final long now) {
        final DropReason unread = extensions.walk(frame.buffer(), Frame.NETWORK_AT);
        if (unread != null) {
            return unread;
        }
        return extensions.protocol() == FragmentHeader.PROTOCOL
                ? onFragmentIpv6(frame, group, now)
                : toTransportIpv6(frame, group, extensions.hasFragmentHeader(), now);
    }

    private DropReason onFragmentIpv6(final Frame frame, final boolean group, final long now) {
        if (group) {
            return DropReason.IP_FRAGMENT; // nothing of Neighbour Discovery comes so
        }
        final Frame whole = reassembly.addIpv6(frame.buffer(), Frame.NETWORK_AT, extensions.position(), now);
        if (whole == null) {
            return null;
        }
        final DropReason unread = extensions.walk(whole.buffer(), Frame.NETWORK_AT);
        if (unread != null || extensions.hasFragmentHeader()) {
            return DropReason.IP_EXTENSION;
        }
        return toTransportIpv6(whole, false, true, now);
    }

    /**
     * @param group the packet is for a solicited-node address or all nodes, where nothing but Neighbour Discovery goes
     * @param fragmented the packet came with a fragment header, which Neighbour Discovery never does (RFC 6980 section 5)
     */
    private DropReason toTransportIpv6(
            final Frame frame, final boolean group, final boolean fragmented, final long now) {
        final var buffer = frame.buffer();
        final int ipAt = Frame.NETWORK_AT;
        final int protocol = extensions.protocol();
        final int at = extensions.position();
        final int length = ipAt + Ipv6Header.BYTES + Ipv6Header.payloadLength(buffer, ipAt) - at;
        if (protocol == Ipv6Header.PROTOCOL_ICMP) {
            if (fragmented && length > 0 && NdMessage.isNd(Icmpv6Message.type(buffer, at))) {
                return DropReason.ND_MALFORMED;
            }
            return icmpv6.onPacket(frame, ipAt, at, length, now);
        }
        if (group) {
            return DropReason.IP_NOT_OURS;
        }
        if ((Ipv6Header.sourceHigh(buffer, ipAt) | Ipv6Header.sourceLow(buffer, ipAt)) == 0) {
            return DropReason.IP_SOURCE;
        }
        return switch (protocol) {
            case Ipv4Header.PROTOCOL_TCP -> tcp.onPacket(frame, ipAt, at, length, now);
            case Ipv4Header.PROTOCOL_UDP -> udp.onPacket(frame, ipAt, at, length, now);
            case Ipv4Header.PROTOCOL_GRE -> gre.onPacket(frame, ipAt, at, length, now);
            default -> DropReason.IP_PROTOCOL;
        };
    }

    private DropReason toTransport(final Frame frame, final long now) {
        final var buffer = frame.buffer();
        final int ipAt = Frame.NETWORK_AT;
        final int headerLength = Ipv4Header.headerLength(buffer, ipAt);
        final int length = Ipv4Header.totalLength(buffer, ipAt) - headerLength;
        return switch (Ipv4Header.protocol(buffer, ipAt)) {
            case Ipv4Header.PROTOCOL_TCP -> tcp.onPacket(frame, ipAt, ipAt + headerLength, length, now);
            case Ipv4Header.PROTOCOL_UDP -> udp.onPacket(frame, ipAt, ipAt + headerLength, length, now);
            case Ipv4Header.PROTOCOL_GRE -> gre.onPacket(frame, ipAt, ipAt + headerLength, length, now);
            case Ipv4Header.PROTOCOL_ICMP -> icmp.onPacket(frame, ipAt, ipAt + headerLength, length, now);
            default -> DropReason.IP_PROTOCOL;
        };
    }
}
