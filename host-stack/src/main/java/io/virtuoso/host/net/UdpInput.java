package io.virtuoso.host.net;

import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/** UDP for guests (RFC 768): checks datagrams, hands them on, says so if nobody takes them (RFC 1122 section 4.1.3.1). */
final class UdpInput implements IpInput.Transport {
    private static final int CHECKSUM_SETTLED = VirtioNetHeader.NEEDS_CHECKSUM | VirtioNetHeader.DATA_VALID;

    private final PacketAddresses addresses;
    private final StackCounters counters;
    private final IcmpOutput icmp;
    private DatagramSink sink = DatagramSink.NONE;
    private PolicyHook policy = PolicyHook.OPEN;

    UdpInput(final StackCounters counters, final IcmpOutput icmp, final Ipv6Numbers numbers) {
        this.addresses = new PacketAddresses(numbers);
        this.counters = counters;
        this.icmp = icmp;
    }

    void sink(final DatagramSink newSink) {
        sink = newSink;
    }

    void policy(final PolicyHook hook) {
        policy = hook;
    }

    @Override
    public DropReason onPacket(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final DropReason reason = UdpHeader.check(buffer, at, length);
        if (reason != null) {
            return reason;
        }
        final int source = addresses.source(buffer, ipAt);
        final int destination = addresses.destination(buffer, ipAt);
        final boolean valid = Ipv6Header.isIpv6(buffer, ipAt)
                ? settled(buffer) || UdpHeader.checksumValidIpv6(buffer, at, ipAt)
                : settled(buffer) || UdpHeader.checksumValid(buffer, at, source, destination);
        if (!valid) {
            return DropReason.UDP_CHECKSUM;
        }
        final int verdict = policy.check(
                Protocol.UDP,
                destination,
                UdpHeader.destinationPort(buffer, at),
                source,
                UdpHeader.sourcePort(buffer, at));
        if (verdict != Policy.ALLOW) {
            return forbid(buffer, ipAt, verdict, now);
        }
        final boolean taken = sink.onDatagram(
                destination,
                UdpHeader.destinationPort(buffer, at),
                source,
                UdpHeader.sourcePort(buffer, at),
                buffer,
                at + UdpHeader.BYTES,
                UdpHeader.length(buffer, at) - UdpHeader.BYTES);
        if (!taken) {
            icmp.portUnreachable(buffer, ipAt, now);
            return DropReason.UDP_NO_SOCKET;
        }
        counters.count(StackCounter.DATAGRAMS_IN);
        return null;
    }

    private DropReason forbid(final ByteBuffer buffer, final int ipAt, final int verdict, final long now) {
        if (verdict == Policy.DROP) {
            return DropReason.POLICY_DROPPED;
        }
        icmp.unreachable(buffer, ipAt, verdict, now);
        return DropReason.POLICY_REFUSED;
    }

    private static boolean settled(final ByteBuffer buffer) {
        return (VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT) & CHECKSUM_SETTLED) != 0;
    }
}
