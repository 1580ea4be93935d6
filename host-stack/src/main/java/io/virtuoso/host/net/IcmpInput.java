package io.virtuoso.host.net;

import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv4Options;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;

/** ICMP for guests: answers echo requests, tells TCP and UDP of errors (RFC 792, RFC 1122 section 3.2.2). */
final class IcmpInput implements IpInput.Transport {
    /** Bytes of the failed segment or datagram that an error must quote: ports and sequence number, or the UDP header. */
    private static final int QUOTED_BYTES = 8;
    /** Of TIME_EXCEEDED: fragments were missing at the other end. As by Linux, no socket is told. */
    private static final int CODE_FRAGMENTS = 1;

    private static final long MILLIS_PER_DAY = 86_400_000L;

    /** Is told of ICMP errors about TCP segments. */
    interface ErrorHook {
        /**
         * An error about a segment that we seem to have sent.
         *
         * @param errno what it means to the connection; EMSGSIZE: the segment was too large for the way
         * @param nextHopMtu told then; else 0
         * @return false if there is no such connection
         */
        boolean onIcmpError(
                int localAddress,
                int localPort,
                int remoteAddress,
                int remotePort,
                int sequence,
                int errno,
                int nextHopMtu,
                long now);
    }

    private final PacketSender packets;
    private final IcmpOutput output;
    private final StackCounters counters;
    private final ErrorHook hook;
    private final IcmpError icmpError = new IcmpError();
    private DatagramSink datagrams = DatagramSink.NONE;
    private PolicyHook policy = PolicyHook.OPEN;

    IcmpInput(final PacketSender packets, final IcmpOutput output, final StackCounters counters, final ErrorHook hook) {
        this.packets = packets;
        this.output = output;
        this.counters = counters;
        this.hook = hook;
    }

    void datagrams(final DatagramSink sink) {
        datagrams = sink;
    }

    void policy(final PolicyHook hook) {
        policy = hook;
    }

    @Override
    public DropReason onPacket(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final DropReason reason = IcmpMessage.check(buffer, at, length);
        if (reason != null) {
            return reason;
        }
        return switch (IcmpMessage.type(buffer, at)) {
            case IcmpMessage.ECHO_REQUEST -> echo(frame, ipAt, at, length, now);
            case IcmpMessage.TIME_EXCEEDED ->
                IcmpMessage.code(buffer, at) == CODE_FRAGMENTS
                        ? DropReason.ICMP_TYPE
                        : error(buffer, ipAt, at, length, now);
            case IcmpMessage.UNREACHABLE, IcmpMessage.PARAMETER_PROBLEM -> error(buffer, ipAt, at, length, now);
            default -> DropReason.ICMP_TYPE;
        };
    }

    /** As Linux does (RFC 1122 section 3.2.2.5), but only who might get an answer to an echo request gets one. */
    @Override
    public void onBadOption(final Frame frame, final int ipAt, final int pointer, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final int headerLength = Ipv4Header.headerLength(buffer, ipAt);
        final boolean aboutError = Ipv4Header.protocol(buffer, ipAt) == Ipv4Header.PROTOCOL_ICMP
                && (Ipv4Header.totalLength(buffer, ipAt) == headerLength
                        || IcmpMessage.isError(IcmpMessage.type(buffer, ipAt + headerLength)));
        final int to = Ipv4Header.source(buffer, ipAt);
        if (!aboutError
                && Ipv4Header.fragmentOffset(buffer, ipAt) == 0
                && policy.check(Protocol.ICMP, Ipv4Header.destination(buffer, ipAt), 0, to, 0) == Policy.ALLOW) {
            output.parameterProblem(buffer, ipAt, pointer, now);
        }
    }

    /** The reply is made in the request's frame, which may be one of fragments put together. */
    private DropReason echo(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final int from = Ipv4Header.destination(buffer, ipAt);
        final int to = Ipv4Header.source(buffer, ipAt);
        final int verdict = policy.check(Protocol.ICMP, from, 0, to, 0);
        if (verdict != Policy.ALLOW) {
            return verdict == Policy.DROP ? DropReason.POLICY_DROPPED : DropReason.POLICY_REFUSED;
        }
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        IcmpMessage.turnIntoReply(buffer, at, length);
        packets.mark(Ipv4Header.typeOfService(buffer, ipAt), 0);
        final int reflected =
                at == Frame.TRANSPORT_AT ? 0 : Ipv4Options.reflect(buffer, ipAt, at - ipAt, from, millisOfDay());
        if (reflected == Ipv4Options.NO_ROOM) {
            return DropReason.IP_OPTION;
        }
        final int options = Ipv4Header.BYTES + reflected + length > packets.mtu() ? 0 : reflected;
        final int replyAt = ipAt + Ipv4Header.BYTES + options;
        if (replyAt != at) {
            buffer.put(replyAt, buffer, at, length);
        }
        if (packets.sendIpv4(frame, Ipv4Header.PROTOCOL_ICMP, from, to, options, length, now)) {
            counters.count(StackCounter.ECHO_REPLIES);
        }
        return null;
    }

    /** What timestamps count, as Linux's do. */
    private static int millisOfDay() {
        return (int) (System.currentTimeMillis() % MILLIS_PER_DAY);
    }

    private DropReason error(final ByteBuffer buffer, final int ipAt, final int at, final int length, final long now) {
        final int quoted = at + IcmpMessage.BYTES;
        final int quotedLength = length - IcmpMessage.BYTES;
        if (quotedLength < Ipv4Header.BYTES + QUOTED_BYTES) {
            return DropReason.ICMP_TRUNCATED;
        }
        final int headerLength = Ipv4Header.headerLength(buffer, quoted);
        if (headerLength < Ipv4Header.BYTES || headerLength + QUOTED_BYTES > quotedLength) {
            return DropReason.ICMP_TRUNCATED;
        }
        if (Ipv4Header.source(buffer, quoted) != Ipv4Header.destination(buffer, ipAt)) {
            return DropReason.ICMP_NO_FLOW;
        }
        final int transport = quoted + headerLength;
        final boolean known = switch (Ipv4Header.protocol(buffer, quoted)) {
            case Ipv4Header.PROTOCOL_TCP -> aboutSegment(buffer, at, quoted, transport, now);
            case Ipv4Header.PROTOCOL_UDP ->
                aboutDatagram(buffer, ipAt, at, quoted, transport, at + length - transport - UdpHeader.BYTES);
            default -> false;
        };
        if (!known) {
            return DropReason.ICMP_NO_FLOW;
        }
        counters.count(StackCounter.ICMP_ERRORS_IN);
        return null;
    }

    private boolean aboutSegment(
            final ByteBuffer buffer, final int at, final int quoted, final int segment, final long now) {
        return hook.onIcmpError(
                Ipv4Header.source(buffer, quoted),
                TcpHeader.sourcePort(buffer, segment),
                Ipv4Header.destination(buffer, quoted),
                TcpHeader.destinationPort(buffer, segment),
                Wire.i32(buffer, segment + 4),
                IcmpError.errno(IcmpMessage.type(buffer, at), IcmpMessage.code(buffer, at)),
                nextHopMtu(buffer, at),
                now);
    }

    private boolean aboutDatagram(
            final ByteBuffer buffer,
            final int ipAt,
            final int at,
            final int quoted,
            final int datagram,
            final int payloadBytes) {
        icmpError.set(
                IcmpMessage.type(buffer, at),
                IcmpMessage.code(buffer, at),
                nextHopMtu(buffer, at),
                Ipv4Header.source(buffer, ipAt));
        return datagrams.onIcmpError(
                Ipv4Header.source(buffer, quoted),
                UdpHeader.sourcePort(buffer, datagram),
                Ipv4Header.destination(buffer, quoted),
                UdpHeader.destinationPort(buffer, datagram),
                icmpError,
                buffer,
                datagram + UdpHeader.BYTES,
                payloadBytes);
    }

    private static int nextHopMtu(final ByteBuffer buffer, final int at) {
        return IcmpMessage.type(buffer, at) == IcmpMessage.UNREACHABLE
                        && IcmpMessage.code(buffer, at) == IcmpMessage.CODE_FRAGMENTATION_NEEDED
                ? IcmpMessage.nextHopMtu(buffer, at)
                : 0;
    }
}
