package io.virtuoso.host.net;

import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.MldMessage;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;

/**
 * ICMPv6 for guests (RFC 4443): answers echo requests and neighbour solicitations, learns from Neighbour Discovery (RFC
 * 4861), tells TCP and UDP of errors.
 */
final class Icmpv6Input implements IpInput.Transport {
    /** Bytes of the failed segment or datagram that an error must quote: ports and sequence number, or the UDP header. */
    private static final int QUOTED_BYTES = 8;

    private final LocalAddresses addresses;
    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final IcmpInput.ErrorHook hook;
    private final Ipv6Numbers numbers;
    private final IcmpError icmpError = new IcmpError();
    private DatagramSink datagrams = DatagramSink.NONE;
    private DatagramWriter datagramWriter;
    private GroupReports reports;
    private final PacketSender packets;
    /** Of the ways of echo replies. They are no proof that we sent something there, so that datagrams do not heed them. */
    private final PathMtus paths;

    private PolicyHook policy = PolicyHook.OPEN;

    Icmpv6Input(
            final LocalAddresses addresses,
            final NeighbourTable neighbours,
            final StackCounters counters,
            final IcmpInput.ErrorHook hook,
            final Ipv6Numbers numbers,
            final PacketSender packets) {
        this.addresses = addresses;
        this.neighbours = neighbours;
        this.counters = counters;
        this.hook = hook;
        this.numbers = numbers;
        this.packets = packets;
        this.paths = new PathMtus(packets.mtu(), Ipv6Header.MIN_MTU);
        numbers.addHolder(paths::forEachRemote);
    }

    void policy(final PolicyHook hook) {
        policy = hook;
    }

    /** Says who answers queries of multicast listeners; nobody does before. */
    void reports(final GroupReports groupReports) {
        reports = groupReports;
    }

    /** Says who receives datagrams and who sends them; nobody does before. */
    void datagrams(final DatagramSink sink, final DatagramWriter writer) {
        datagrams = sink;
        datagramWriter = writer;
    }

    @Override
    public DropReason onPacket(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final DropReason reason = Icmpv6Message.check(buffer, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        final int type = Icmpv6Message.type(buffer, at);
        if (type == NdMessage.SOLICITATION) {
            return onSolicitation(buffer, ipAt, at, length, now);
        }
        if (type == MldMessage.QUERY) {
            return onQuery(buffer, ipAt, at, length, now);
        }
        final boolean toAll =
                NdMessage.isAllNodes(Ipv6Header.destinationHigh(buffer, ipAt), Ipv6Header.destinationLow(buffer, ipAt));
        if (toAll ? type != NdMessage.ADVERTISEMENT : !addresses.contains(destination(buffer, ipAt))) {
            return DropReason.IP_NOT_OURS;
        }
        return switch (type) {
            case NdMessage.ADVERTISEMENT -> onAdvertisement(buffer, ipAt, at, length, now);
            case Icmpv6Message.ECHO_REQUEST -> echo(frame, ipAt, at, length, now);
            case Icmpv6Message.UNREACHABLE,
                    Icmpv6Message.PACKET_TOO_BIG,
                    Icmpv6Message.TIME_EXCEEDED,
                    Icmpv6Message.PARAMETER_PROBLEM -> error(buffer, ipAt, at, length, now);
            default -> DropReason.ICMP_TYPE;
        };
    }

    /** RFC 3810 section 6.2. */
    private DropReason onQuery(
            final ByteBuffer buffer, final int ipAt, final int at, final int length, final long now) {
        final boolean fromTheLink = Ipv6Header.isLinkLocal(Ipv6Header.sourceHigh(buffer, ipAt));
        if (reports == null || length < MldMessage.BYTES || !fromTheLink || Ipv6Header.hopLimit(buffer, ipAt) != 1) {
            return DropReason.ICMP_TYPE;
        }
        counters.count(StackCounter.ND_IN);
        reports.onQuery(buffer, at, length, now);
        return null;
    }

    private int destination(final ByteBuffer buffer, final int ipAt) {
        return numbers.find(Ipv6Header.destinationHigh(buffer, ipAt), Ipv6Header.destinationLow(buffer, ipAt));
    }

    private DropReason onSolicitation(
            final ByteBuffer buffer, final int ipAt, final int at, final int length, final long now) {
        final DropReason reason = NdMessage.check(buffer, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        final int target = numbers.find(NdMessage.targetHigh(buffer, at), NdMessage.targetLow(buffer, at));
        final long high = Ipv6Header.sourceHigh(buffer, ipAt);
        final long low = Ipv6Header.sourceLow(buffer, ipAt);
        if (neighbours.duplicates().isTentative(target)) {
            return onSolicitationForTentative(target, (high | low) == 0);
        }
        if (!addresses.contains(target)) {
            return DropReason.IP_NOT_OURS;
        }
        final long mac = NdMessage.mac(buffer, at, length, NdMessage.SOURCE_MAC);
        if ((high | low) == 0) {
            if (mac != NdMessage.NO_MAC || addresses.contains(destination(buffer, ipAt))) {
                return DropReason.ND_MALFORMED;
            }
            counters.count(StackCounter.ND_IN);
            neighbours.nd().advertiseToAll(target);
            return null;
        }
        final long station = mac != NdMessage.NO_MAC ? mac : EthernetHeader.source(buffer, Frame.ETHERNET_AT);
        if (EthernetHeader.isGroup(station)) {
            return DropReason.ND_MALFORMED;
        }
        counters.count(StackCounter.ND_IN);
        if (mac != NdMessage.NO_MAC) {
            neighbours.onSolicitation(numbers.findOrTransient(high, low), mac, now);
        }
        neighbours.nd().advertise(target, high, low, station);
        return null;
    }

    /** Who asks with an address wants to reach somebody; who has none wants the address as we do (RFC 4862 section 5.4.3). */
    private DropReason onSolicitationForTentative(final int target, final boolean wantsIt) {
        if (!wantsIt) {
            return DropReason.IP_NOT_OURS;
        }
        counters.count(StackCounter.ND_IN);
        neighbours.duplicates().onClaim(target);
        return null;
    }

    private DropReason onAdvertisement(
            final ByteBuffer buffer, final int ipAt, final int at, final int length, final long now) {
        final DropReason reason = NdMessage.check(buffer, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        final long told = NdMessage.mac(buffer, at, length, NdMessage.TARGET_MAC);
        final long mac = told != NdMessage.NO_MAC ? told : EthernetHeader.source(buffer, Frame.ETHERNET_AT);
        final int target = numbers.find(NdMessage.targetHigh(buffer, at), NdMessage.targetLow(buffer, at));
        final boolean answer = (NdMessage.flags(buffer, at) & NdMessage.SOLICITED) != 0;
        final boolean toGroup = Ipv6Header.isMulticast(Ipv6Header.destinationHigh(buffer, ipAt));
        if (EthernetHeader.isGroup(mac) || addresses.contains(target) || answer && toGroup) {
            return DropReason.ND_MALFORMED;
        }
        counters.count(StackCounter.ND_IN);
        if (neighbours.duplicates().isTentative(target)) {
            neighbours.duplicates().onClaim(target);
            return null;
        }
        neighbours.onAdvertisement(target, mac, NdMessage.flags(buffer, at), now);
        return null;
    }

    /** The reply is made in the request's frame, which may be one of fragments put together. */
    private DropReason echo(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final long high = Ipv6Header.sourceHigh(buffer, ipAt);
        final long low = Ipv6Header.sourceLow(buffer, ipAt);
        if ((high | low) == 0) {
            return DropReason.ICMP_TYPE;
        }
        final int from = destination(buffer, ipAt);
        final int to = numbers.findOrTransient(high, low);
        final int verdict = policy.check(Protocol.ICMP, from, 0, to, 0);
        if (verdict != Policy.ALLOW) {
            return verdict == Policy.DROP ? DropReason.POLICY_DROPPED : DropReason.POLICY_REFUSED;
        }
        Ipv6Header.putDestination(buffer, ipAt, high, low);
        Ipv6Header.putSource(buffer, ipAt, numbers.high(from), numbers.low(from));
        if (at != Frame.TRANSPORT_AT_IPV6) {
            buffer.put(Frame.TRANSPORT_AT_IPV6, buffer, at, length); // the reply has no extension headers
        }
        Icmpv6Message.turnIntoReply(buffer, Frame.TRANSPORT_AT_IPV6);
        Icmpv6Message.writeChecksum(buffer, ipAt, Frame.TRANSPORT_AT_IPV6, length);
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        packets.mark(Ipv6Header.trafficClass(buffer, ipAt), 0);
        if (packets.sendIpv6(frame, Ipv6Header.PROTOCOL_ICMP, from, to, length, paths.of(to, now), now)) {
            counters.count(StackCounter.ECHO_REPLIES);
        }
        return null;
    }

    private DropReason error(final ByteBuffer buffer, final int ipAt, final int at, final int length, final long now) {
        final int quoted = at + Icmpv6Message.BYTES;
        if (length < Icmpv6Message.BYTES + Ipv6Header.BYTES + QUOTED_BYTES) {
            return DropReason.ICMP_TRUNCATED;
        }
        final int from = numbers.find(Ipv6Header.sourceHigh(buffer, quoted), Ipv6Header.sourceLow(buffer, quoted));
        if (from != destination(buffer, ipAt)) {
            return DropReason.ICMP_NO_FLOW;
        }
        final int end = at + length;
        int transport = quoted + Ipv6Header.BYTES;
        int protocol = Ipv6Header.nextHeader(buffer, quoted);
        if (protocol == FragmentHeader.PROTOCOL
                && transport + FragmentHeader.BYTES + QUOTED_BYTES <= end
                && FragmentHeader.offset(buffer, transport) == 0) {
            protocol = FragmentHeader.nextHeader(buffer, transport);
            transport += FragmentHeader.BYTES;
        }
        final boolean known = switch (protocol) {
            case Ipv4Header.PROTOCOL_TCP -> aboutSegment(buffer, at, quoted, transport, now);
            case Ipv4Header.PROTOCOL_UDP ->
                aboutDatagram(buffer, ipAt, at, quoted, transport, end - transport - UdpHeader.BYTES, now);
            case Ipv6Header.PROTOCOL_ICMP -> aboutEcho(buffer, at, quoted, transport, now);
            default -> false;
        };
        if (!known) {
            return DropReason.ICMP_NO_FLOW;
        }
        counters.count(StackCounter.ICMP_ERRORS_IN);
        return null;
    }

    /** @return the code of an "unreachable" that says the same as an errno (RFC 4443 section 3.1) */
    static int code(final int errno) {
        return switch (errno) {
            case Errno.ENETUNREACH -> 0;
            case Errno.EACCES -> 1;
            case Errno.EHOSTUNREACH -> 3;
            default -> Icmpv6Message.CODE_PORT;
        };
    }

    private static int nextHopMtu(final ByteBuffer buffer, final int at) {
        return Icmpv6Message.type(buffer, at) == Icmpv6Message.PACKET_TOO_BIG ? Icmpv6Message.mtu(buffer, at) : 0;
    }

    private boolean aboutSegment(
            final ByteBuffer buffer, final int at, final int quoted, final int segment, final long now) {
        return hook.onIcmpError(
                numbers.find(Ipv6Header.sourceHigh(buffer, quoted), Ipv6Header.sourceLow(buffer, quoted)),
                TcpHeader.sourcePort(buffer, segment),
                destination(buffer, quoted),
                TcpHeader.destinationPort(buffer, segment),
                Wire.i32(buffer, segment + 4),
                errno(Icmpv6Message.type(buffer, at), Icmpv6Message.code(buffer, at)),
                nextHopMtu(buffer, at),
                now);
    }

    /** Whom a guest sent something to has a number, as a neighbour; who says so need not have one. */
    private boolean aboutDatagram(
            final ByteBuffer buffer,
            final int ipAt,
            final int at,
            final int quoted,
            final int datagram,
            final int payloadBytes,
            final long now) {
        final int destination = destination(buffer, quoted);
        if (destination == Ipv6Numbers.NONE) {
            return false;
        }
        final int offender =
                numbers.findOrTransient(Ipv6Header.sourceHigh(buffer, ipAt), Ipv6Header.sourceLow(buffer, ipAt));
        icmpError.set(Icmpv6Message.type(buffer, at), Icmpv6Message.code(buffer, at), nextHopMtu(buffer, at), offender);
        final boolean known = datagrams.onIcmpError(
                destination(buffer, ipAt),
                UdpHeader.sourcePort(buffer, datagram),
                destination,
                UdpHeader.destinationPort(buffer, datagram),
                icmpError,
                buffer,
                datagram + UdpHeader.BYTES,
                payloadBytes);
        if (known && icmpError.type() == Icmpv6Message.PACKET_TOO_BIG) {
            datagramWriter.onPathMtu(destination, icmpError.mtu(), now);
        }
        return known;
    }

    /** An echo reply was too large for its way (RFC 8201): later ones are to be smaller. */
    private boolean aboutEcho(
            final ByteBuffer buffer, final int at, final int quoted, final int message, final long now) {
        if (Icmpv6Message.type(buffer, at) != Icmpv6Message.PACKET_TOO_BIG
                || Icmpv6Message.type(buffer, message) != Icmpv6Message.ECHO_REPLY) {
            return false;
        }
        final int to =
                numbers.take(Ipv6Header.destinationHigh(buffer, quoted), Ipv6Header.destinationLow(buffer, quoted));
        if (to != Ipv6Numbers.NONE) {
            paths.lower(to, Icmpv6Message.mtu(buffer, at), now);
        }
        return true;
    }

    /** @return what a socket's owner gets to see; Linux's choice for each code */
    static int errno(final int type, final int code) {
        return switch (type) {
            case Icmpv6Message.PACKET_TOO_BIG -> Errno.EMSGSIZE;
            case Icmpv6Message.TIME_EXCEEDED -> TcpErrno.EHOSTUNREACH;
            case Icmpv6Message.PARAMETER_PROBLEM -> TcpErrno.EPROTO;
            default ->
                switch (code) {
                    case 0 -> TcpErrno.ENETUNREACH;
                    case 1, 5, 6 -> Errno.EACCES;
                    case 2, 3 -> TcpErrno.EHOSTUNREACH;
                    case Icmpv6Message.CODE_PORT -> TcpErrno.ECONNREFUSED;
                    default -> TcpErrno.EPROTO;
                };
        };
    }
}
