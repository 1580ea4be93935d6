package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;

/** Sends ICMP errors (RFC 792, RFC 4443), not more than {@value #PER_SECOND} a second (RFC 1812 section 4.3.2.8). */
final class IcmpOutput {
    /** As Linux's icmp_msgs_per_sec. */
    static final int PER_SECOND = 1000;
    /** As Linux's icmp_msgs_burst. */
    static final int BURST = 50;
    /** Longest packet of IPv4 (RFC 1812 section 4.3.2.3). */
    static final int MAX_PACKET = 576;
    /** Longest packet of IPv6 (RFC 4443 section 2.4(c)). */
    static final int MAX_PACKET_IPV6 = Ipv6Header.MIN_MTU;

    private static final long NANOS_PER_MESSAGE = 1_000_000_000L / PER_SECOND;

    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final Ipv6Numbers numbers;
    private final PacketAddresses addresses;
    private final Frame frame = new Frame(EthernetHeader.BYTES + MAX_PACKET_IPV6);
    private int identification;
    private long credit = BURST * NANOS_PER_MESSAGE;
    private long lastNow;

    IcmpOutput(final NeighbourTable neighbours, final StackCounters counters, final Ipv6Numbers numbers) {
        this.numbers = numbers;
        this.addresses = new PacketAddresses(numbers);
        this.neighbours = neighbours;
        this.counters = counters;
    }

    /**
     * Tells the sender of a datagram that nobody has bound its port.
     *
     * @param ipAt position of the datagram's IP header, which has been checked
     */
    void portUnreachable(final ByteBuffer datagram, final int ipAt, final long now) {
        unreachable(datagram, ipAt, Errno.ECONNREFUSED, now);
    }

    /**
     * Tells a sender that its packet is not let through.
     *
     * @param errno what it is to see, as far as ICMP can say that
     * @param ipAt  position of the packet's IP header, which has been checked
     */
    void unreachable(final ByteBuffer datagram, final int ipAt, final int errno, final long now) {
        if (!maySend(now)) {
            return;
        }
        final int from = addresses.destination(datagram, ipAt);
        final int to = addresses.source(datagram, ipAt);
        if (Ipv6Header.isIpv6(datagram, ipAt)) {
            writeIpv6(datagram, ipAt, errno, from, to);
        } else {
            final int length = quote(datagram, ipAt);
            IcmpMessage.writeUnreachable(frame.buffer(), Frame.TRANSPORT_AT, IcmpError.code(errno), length);
            writeIpv4(length, from, to);
        }
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        if (neighbours.send(frame, from, to, now)) {
            counters.count(StackCounter.UNREACHABLES_OUT);
        }
    }

    /**
     * Tells a sender what is wrong with its packet of IPv4.
     *
     * @param ipAt    position of the packet's IP header, which has been checked
     * @param pointer which byte of that header makes no sense
     */
    void parameterProblem(final ByteBuffer packet, final int ipAt, final int pointer, final long now) {
        if (!maySend(now)) {
            return;
        }
        final int from = Ipv4Header.destination(packet, ipAt);
        final int to = Ipv4Header.source(packet, ipAt);
        final int length = quote(packet, ipAt);
        IcmpMessage.writeParameterProblem(frame.buffer(), Frame.TRANSPORT_AT, pointer, length);
        writeIpv4(length, from, to);
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        if (neighbours.send(frame, from, to, now)) {
            counters.count(StackCounter.PARAMETER_PROBLEMS_OUT);
        }
    }

    private boolean maySend(final long now) {
        credit = Math.min(BURST * NANOS_PER_MESSAGE, credit + Math.max(0, now - lastNow));
        lastNow = now;
        if (credit < NANOS_PER_MESSAGE) {
            return false;
        }
        credit -= NANOS_PER_MESSAGE;
        return true;
    }

    /** Quotes a packet of IPv4. @return length of the message */
    private int quote(final ByteBuffer packet, final int ipAt) {
        final int quoted =
                Math.min(Ipv4Header.totalLength(packet, ipAt), MAX_PACKET - Ipv4Header.BYTES - IcmpMessage.BYTES);
        frame.buffer().put(Frame.TRANSPORT_AT + IcmpMessage.BYTES, packet, ipAt, quoted);
        return IcmpMessage.BYTES + quoted;
    }

    private void writeIpv4(final int length, final int from, final int to) {
        final ByteBuffer buffer = frame.buffer();
        final int total = Ipv4Header.BYTES + length;
        Ipv4Header.write(buffer, Frame.NETWORK_AT, total, identification++, Ipv4Header.PROTOCOL_ICMP, from, to);
        frame.length(EthernetHeader.BYTES + total);
    }

    private void writeIpv6(final ByteBuffer datagram, final int ipAt, final int errno, final int from, final int to) {
        final ByteBuffer buffer = frame.buffer();
        final int at = Frame.TRANSPORT_AT_IPV6;
        final int quoted = Math.min(
                Ipv6Header.BYTES + Ipv6Header.payloadLength(datagram, ipAt),
                MAX_PACKET_IPV6 - Ipv6Header.BYTES - Icmpv6Message.BYTES);
        final int length = Icmpv6Message.BYTES + quoted;
        buffer.put(at + Icmpv6Message.BYTES, datagram, ipAt, quoted);
        Icmpv6Message.writeHeader(buffer, at, Icmpv6Message.UNREACHABLE, Icmpv6Input.code(errno));
        Ipv6Header.write(buffer, Frame.NETWORK_AT, 0, length, Ipv6Header.PROTOCOL_ICMP, Ipv6Header.DEFAULT_HOP_LIMIT);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, numbers.high(from), numbers.low(from));
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, numbers.high(to), numbers.low(to));
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, at, length);
        frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + length);
    }
}
