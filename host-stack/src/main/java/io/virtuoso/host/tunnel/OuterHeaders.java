package io.virtuoso.host.tunnel;

import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.GreHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.VxlanHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;

/**
 * Writes the outer headers of one tunnel in front of a frame. The inner frame stays where and as it is, but for its virtio
 * header, which {@link #remove} brings back.
 *
 * <p>A checksum that the inner frame leaves to the port is still left to it: its position is counted from the outer
 * header on. The outer UDP checksum is 0 over IPv4 (RFC 7348 section 5). Over IPv6, where receivers need not take 0 (RFC
 * 6935), it is made without reading the payload: a transport segment and its pseudo header sum up to nothing once its
 * checksum is right, whoever makes it (Linux: Documentation/networking/checksum-offloads, "LCO").
 */
final class OuterHeaders {
    private final TunnelSettings settings;
    private final boolean ipv6;
    private final int address;
    private final Ipv6Numbers numbers;
    private final long key;
    private final int bytes;
    private int identification;
    /** The inner frame's virtio header, while outer headers are there. */
    private long virtioFirst;

    private int virtioLast;

    /**
     * @param address our own on the underlay
     * @param key secret, for {@link FlowHash}
     */
    OuterHeaders(final TunnelSettings settings, final int address, final Ipv6Numbers numbers, final long key) {
        this.settings = settings;
        this.ipv6 = Ipv6Numbers.isIpv6(address);
        this.address = address;
        this.numbers = numbers;
        this.key = key;
        this.bytes = settings.kind().outerBytes(ipv6);
    }

    /** @return bytes of all of them */
    int bytes() {
        return bytes;
    }

    /** Writes all but the Ethernet header, and the virtio header before it. */
    void write(final Frame frame, final int remote) {
        final ByteBuffer buffer = frame.buffer();
        final int port = settings.kind() == TunnelKind.VXLAN ? FlowHash.sourcePort(frame, key) : 0;
        final int ecn = innerEcn(frame);
        final int flags = VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT);
        final int start = VirtioNetHeader.checksumStart(buffer, Frame.VIRTIO_AT);
        final int offset = VirtioNetHeader.checksumOffset(buffer, Frame.VIRTIO_AT);
        final boolean partial = (flags & VirtioNetHeader.NEEDS_CHECKSUM) != 0;
        virtioFirst = Wire.i64(buffer, Frame.VIRTIO_AT);
        virtioLast = Wire.i32(buffer, Frame.VIRTIO_AT + Long.BYTES);
        frame.prepend(bytes);
        writeIp(frame, remote, ecn);
        if (settings.kind() == TunnelKind.VXLAN) {
            writeVxlan(frame, port, partial ? start : 0, offset);
        } else {
            GreHeader.write(buffer, Frame.ETHERNET_AT - GreHeader.BYTES_WITH_KEY, settings.vni());
        }
        if (partial) {
            VirtioNetHeader.writeNeedsChecksum(buffer, frame.virtioAt(), start + bytes, offset);
        } else {
            VirtioNetHeader.writeNone(buffer, frame.virtioAt());
        }
    }

    /** Takes the outer headers off again, so that the frame is as it was. */
    void remove(final Frame frame) {
        frame.strip(bytes);
        Wire.put64(frame.buffer(), Frame.VIRTIO_AT, virtioFirst);
        Wire.put32(frame.buffer(), Frame.VIRTIO_AT + Long.BYTES, virtioLast);
    }

    /** The congestion field of the outer header is that of the inner one (RFC 6040 section 4.1, normal mode). */
    private static int innerEcn(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        return switch (EthernetHeader.type(buffer, Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_IPV4 -> Ipv4Header.typeOfService(buffer, Frame.NETWORK_AT) & Ipv4Header.ECN;
            case EthernetHeader.TYPE_IPV6 -> Ipv6Header.trafficClass(buffer, Frame.NETWORK_AT) & Ipv6Header.ECN;
            default -> 0;
        };
    }

    private void writeIp(final Frame frame, final int remote, final int ecn) {
        final ByteBuffer buffer = frame.buffer();
        final int at = frame.ethernetAt() + EthernetHeader.BYTES;
        final int length = frame.length() - EthernetHeader.BYTES;
        final boolean vxlan = settings.kind() == TunnelKind.VXLAN;
        final int protocol = vxlan ? Ipv4Header.PROTOCOL_UDP : Ipv4Header.PROTOCOL_GRE;
        if (ipv6) {
            Ipv6Header.write(buffer, at, ecn, length - Ipv6Header.BYTES, protocol, Ipv6Header.DEFAULT_HOP_LIMIT);
            Ipv6Header.putSource(buffer, at, numbers.high(address), numbers.low(address));
            Ipv6Header.putDestination(buffer, at, numbers.high(remote), numbers.low(remote));
            return;
        }
        Ipv4Header.write(buffer, at, length, identification++, protocol, address, remote);
        if (ecn != 0) {
            Ipv4Header.putTypeOfService(buffer, at, ecn);
        }
    }

    /** @param start from the inner frame's first byte to where a checksum left to the port begins; 0: there is none */
    private void writeVxlan(final Frame frame, final int port, final int start, final int offset) {
        final ByteBuffer buffer = frame.buffer();
        final int at = Frame.ETHERNET_AT - VxlanHeader.BYTES - UdpHeader.BYTES;
        final int length = frame.end() - at;
        UdpHeader.write(buffer, at, port, settings.udpPort(), length);
        VxlanHeader.write(buffer, at + UdpHeader.BYTES, settings.vni());
        if (!ipv6) {
            return;
        }
        final int ipAt = frame.ethernetAt() + EthernetHeader.BYTES;
        final long pseudo = Ipv6Header.pseudoHeader(buffer, ipAt, Ipv4Header.PROTOCOL_UDP, length);
        final int sum;
        if (start == 0) {
            sum = Checksum.complete(Checksum.partial(buffer, at, length, pseudo));
        } else {
            final int transportAt = Frame.ETHERNET_AT + start;
            final long headers = Checksum.partial(buffer, at, transportAt - at, pseudo);
            final int segment = ~Wire.u16(buffer, transportAt + offset) & 0xffff;
            sum = Checksum.complete(headers + (Short.reverseBytes((short) segment) & 0xffff));
        }
        Wire.put16(buffer, at + UdpHeader.CHECKSUM, sum == 0 ? 0xffff : sum);
    }
}
