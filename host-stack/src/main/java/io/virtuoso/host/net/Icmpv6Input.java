package io.virtuoso.host.net;

import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;

/**
 * ICMPv6 for guests (RFC 4443): answers echo requests and neighbour solicitations, learns from Neighbour Discovery (RFC
 * 4861), tells TCP of errors.
 */
final class Icmpv6Input implements IpInput.Transport {
    /** Bytes of the failed segment that an error must quote: ports and sequence number. */
    private static final int QUOTED_BYTES = 8;

    private final LocalAddresses addresses;
    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final IcmpInput.ErrorHook hook;
    private final Ipv6Numbers numbers;
    private final int mtu;
    private PolicyHook policy = PolicyHook.OPEN;

    Icmpv6Input(
            final LocalAddresses addresses,
            final NeighbourTable neighbours,
            final StackCounters counters,
            final IcmpInput.ErrorHook hook,
            final Ipv6Numbers numbers,
            final int mtu) {
        this.addresses = addresses;
        this.neighbours = neighbours;
        this.counters = counters;
        this.hook = hook;
        this.numbers = numbers;
        this.mtu = mtu;
    }

    void policy(final PolicyHook hook) {
        policy = hook;
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
        if (!addresses.contains(destination(buffer, ipAt))) {
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
        if (!addresses.contains(target)) {
            return DropReason.IP_NOT_OURS;
        }
        final long high = Ipv6Header.sourceHigh(buffer, ipAt);
        final long low = Ipv6Header.sourceLow(buffer, ipAt);
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

    private DropReason onAdvertisement(
            final ByteBuffer buffer, final int ipAt, final int at, final int length, final long now) {
        final DropReason reason = NdMessage.check(buffer, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        final long told = NdMessage.mac(buffer, at, length, NdMessage.TARGET_MAC);
        final long mac = told != NdMessage.NO_MAC ? told : EthernetHeader.source(buffer, Frame.ETHERNET_AT);
        final int target = numbers.find(NdMessage.targetHigh(buffer, at), NdMessage.targetLow(buffer, at));
        if (EthernetHeader.isGroup(mac) || addresses.contains(target)) {
            return DropReason.ND_MALFORMED;
        }
        counters.count(StackCounter.ND_IN);
        neighbours.onAdvertisement(target, mac, NdMessage.flags(buffer, at), now);
        return null;
    }

    /** The reply is made in the request's frame. */
    private DropReason echo(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final long high = Ipv6Header.sourceHigh(buffer, ipAt);
        final long low = Ipv6Header.sourceLow(buffer, ipAt);
        if (at != Frame.TRANSPORT_AT_IPV6 || Ipv6Header.BYTES + length > mtu || (high | low) == 0) {
            return DropReason.ICMP_TYPE;
        }
        final int from = destination(buffer, ipAt);
        final int verdict = policy.check(Protocol.ICMP, from, 0, numbers.findOrTransient(high, low), 0);
        if (verdict != Policy.ALLOW) {
            return verdict == Policy.DROP ? DropReason.POLICY_DROPPED : DropReason.POLICY_REFUSED;
        }
        Ipv6Header.putDestination(buffer, ipAt, high, low);
        Ipv6Header.putSource(buffer, ipAt, numbers.high(from), numbers.low(from));
        Ipv6Header.write(buffer, ipAt, 0, length, Ipv6Header.PROTOCOL_ICMP, Ipv6Header.DEFAULT_HOP_LIMIT);
        Icmpv6Message.turnIntoReply(buffer, at);
        Icmpv6Message.writeChecksum(buffer, ipAt, at, length);
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + length);
        if (neighbours.send(frame, from, numbers.findOrTransient(high, low), now)) {
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
        if (from != destination(buffer, ipAt) || Ipv6Header.nextHeader(buffer, quoted) != Ipv4Header.PROTOCOL_TCP) {
            return DropReason.ICMP_NO_FLOW;
        }
        final int segment = quoted + Ipv6Header.BYTES;
        final int type = Icmpv6Message.type(buffer, at);
        final boolean known = hook.onIcmpError(
                from,
                TcpHeader.sourcePort(buffer, segment),
                destination(buffer, quoted),
                TcpHeader.destinationPort(buffer, segment),
                Wire.i32(buffer, segment + 4),
                errno(type, Icmpv6Message.code(buffer, at)),
                type == Icmpv6Message.PACKET_TOO_BIG ? Icmpv6Message.mtu(buffer, at) : 0,
                now);
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
                    case Icmpv6Message.CODE_PORT -> TcpErrno.ECONNREFUSED;
                    default -> TcpErrno.EHOSTUNREACH;
                };
        };
    }
}
