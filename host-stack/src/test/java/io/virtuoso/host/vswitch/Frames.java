package io.virtuoso.host.vswitch;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/** Writes frames of tests. */
final class Frames {
    static final int TCP = EthernetHeader.BYTES + Ipv4Header.BYTES;
    static final int TCP6 = EthernetHeader.BYTES + Ipv6Header.BYTES;

    private Frames() {}

    static Frame arp(final int operation, final long mac, final int sender, final long to, final int target) {
        final Frame frame = new Frame();
        ArpPacket.write(frame.buffer(), Frame.NETWORK_AT, operation, mac, sender, 0, target);
        return finish(frame, to, mac, EthernetHeader.TYPE_ARP, ArpPacket.BYTES);
    }

    private static Frame finish(final Frame frame, final long to, final long from, final int type, final int bytes) {
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        EthernetHeader.write(frame.buffer(), Frame.ETHERNET_AT, to, from, type);
        frame.length(EthernetHeader.BYTES + bytes);
        return frame;
    }

    /** A whole segment, with its checksum. */
    static Frame tcp(
            final Station from,
            final long to,
            final int destination,
            final int ports,
            final int flags,
            final int bytes) {
        final Frame frame = new Frame();
        final ByteBuffer buffer = frame.buffer();
        final int length = TcpHeader.BYTES + bytes;
        Ipv4Header.write(
                buffer,
                Frame.NETWORK_AT,
                Ipv4Header.BYTES + length,
                7,
                Ipv4Header.PROTOCOL_TCP,
                from.address(),
                destination);
        TcpHeader.write(buffer, Frame.TRANSPORT_AT, ports, 1000, 0, TcpHeader.BYTES, flags, 1000);
        fill(buffer, Frame.TRANSPORT_AT + TcpHeader.BYTES, bytes);
        TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, length, from.address(), destination);
        return finish(frame, to, from.mac(), EthernetHeader.TYPE_IPV4, Ipv4Header.BYTES + length);
    }

    /** A large frame that its receiver cuts. */
    static Frame large(final Station from, final long to, final int destination, final int bytes, final int size) {
        final Frame frame =
                tcp(from, to, destination, 5000 << 16 | 80, TcpHeader.ACK | TcpHeader.PSH | TcpHeader.CWR, bytes);
        TcpHeader.writePartialChecksum(
                frame.buffer(), Frame.TRANSPORT_AT, TcpHeader.BYTES + bytes, from.address(), destination);
        VirtioNetHeader.writeTcpSegmentation(
                frame.buffer(),
                Frame.VIRTIO_AT,
                VirtioNetHeader.GSO_TCPV4,
                TCP + TcpHeader.BYTES,
                size,
                TCP,
                TcpHeader.CHECKSUM);
        return frame;
    }

    /** The same of IPv6. */
    static Frame large6(final Station from, final Station to, final int bytes, final int size) {
        final Frame frame = ipv6(from, to, Ipv4Header.PROTOCOL_TCP, TcpHeader.BYTES + bytes);
        final ByteBuffer buffer = frame.buffer();
        final int at = Frame.TRANSPORT_AT_IPV6;
        TcpHeader.write(buffer, at, 5000 << 16 | 80, 1000, 0, TcpHeader.BYTES, TcpHeader.ACK, 1000);
        fill(buffer, at + TcpHeader.BYTES, bytes);
        final long pseudo =
                Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, TcpHeader.BYTES + bytes);
        TcpHeader.writePartialChecksum(buffer, at, pseudo);
        VirtioNetHeader.writeTcpSegmentation(
                buffer,
                Frame.VIRTIO_AT,
                VirtioNetHeader.GSO_TCPV6,
                TCP6 + TcpHeader.BYTES,
                size,
                TCP6,
                TcpHeader.CHECKSUM);
        return frame;
    }

    private static Frame ipv6(final Station from, final Station to, final int protocol, final int bytes) {
        final Frame frame = new Frame();
        final ByteBuffer buffer = frame.buffer();
        Ipv6Header.write(buffer, Frame.NETWORK_AT, 0, bytes, protocol, NdMessage.HOP_LIMIT);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, from.high(), from.low());
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, to.high(), to.low());
        return finish(frame, to.mac(), from.mac(), EthernetHeader.TYPE_IPV6, Ipv6Header.BYTES + bytes);
    }

    /** A message of Neighbour Discovery about a target, with a MAC. */
    static Frame nd(final Station from, final Station to, final int type, final Station target, final long mac) {
        final Frame frame = ipv6(from, to, Ipv6Header.PROTOCOL_ICMP, NdMessage.BYTES_WITH_MAC);
        final int at = Frame.TRANSPORT_AT_IPV6;
        NdMessage.write(frame.buffer(), at, type, 0, target.high(), target.low(), mac);
        Icmpv6Message.writeChecksum(frame.buffer(), Frame.NETWORK_AT, at, NdMessage.BYTES_WITH_MAC);
        return frame;
    }

    static Frame udp(final Station from, final long to, final int destination, final int ports, final int bytes) {
        final Frame frame = new Frame();
        final ByteBuffer buffer = frame.buffer();
        final int length = UdpHeader.BYTES + bytes;
        Ipv4Header.write(
                buffer,
                Frame.NETWORK_AT,
                Ipv4Header.BYTES + length,
                7,
                Ipv4Header.PROTOCOL_UDP,
                from.address(),
                destination);
        UdpHeader.write(buffer, Frame.TRANSPORT_AT, ports >>> 16, ports & 0xffff, length);
        fill(buffer, Frame.TRANSPORT_AT + UdpHeader.BYTES, bytes);
        return finish(frame, to, from.mac(), EthernetHeader.TYPE_IPV4, Ipv4Header.BYTES + length);
    }

    private static void fill(final ByteBuffer buffer, final int at, final int bytes) {
        for (int i = 0; i < bytes; i++) {
            buffer.put(at + i, (byte) (i * 31 >>> 3));
        }
    }

    /** @return true if the segment's checksum is whole and right */
    static boolean hasGoodChecksum(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        final boolean six = EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV6;
        final int at = six ? Frame.TRANSPORT_AT_IPV6 : Frame.TRANSPORT_AT;
        final int length = frame.end() - at;
        final long pseudo = six
                ? Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, length)
                : Checksum.pseudoHeader(
                        Ipv4Header.source(buffer, Frame.NETWORK_AT),
                        Ipv4Header.destination(buffer, Frame.NETWORK_AT),
                        Ipv4Header.PROTOCOL_TCP,
                        length);
        return VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT) == 0
                && Checksum.fold(Checksum.partial(buffer, at, length, pseudo)) == 0xffff;
    }
}
