package io.virtuoso.host.vswitch;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Checks the virtio header of a virtual machine's frame against the frame, and writes it anew: who receives the frame,
 * another machine's kernel for instance, need not be afraid of it.
 */
final class OffloadCheck {
    private static final int UDP_CHECKSUM = 6;
    /** Smaller segments would be too many (RFC 791: a station takes packets of 576 bytes). */
    private static final int MIN_SEGMENT = 216;

    private OffloadCheck() {}

    /**
     * @param frame whose IP header has been checked
     * @param mtu   of the network, in bytes
     * @return null, or why the frame is dropped
     */
    static DropReason check(final Frame frame, final int mtu) {
        final ByteBuffer buffer = frame.buffer();
        final int type = VirtioNetHeader.gsoType(buffer, Frame.VIRTIO_AT);
        final boolean pending = (VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT) & VirtioNetHeader.NEEDS_CHECKSUM) != 0;
        if (type != VirtioNetHeader.GSO_NONE) {
            return pending ? checkLarge(frame, type, mtu) : DropReason.MACHINE_OFFLOAD;
        }
        if (frame.length() > EthernetHeader.BYTES + mtu) {
            return DropReason.MACHINE_OFFLOAD;
        }
        if (!pending) {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            return null;
        }
        final int start = VirtioNetHeader.checksumStart(buffer, Frame.VIRTIO_AT);
        final int offset = VirtioNetHeader.checksumOffset(buffer, Frame.VIRTIO_AT);
        final boolean inside = start >= EthernetHeader.BYTES + Ipv4Header.BYTES && start + offset + 2 <= frame.length();
        if (!inside || offset != TcpHeader.CHECKSUM && offset != UDP_CHECKSUM) {
            return DropReason.MACHINE_OFFLOAD;
        }
        VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, start, offset);
        return null;
    }

    private static DropReason checkLarge(final Frame frame, final int type, final int mtu) {
        final ByteBuffer buffer = frame.buffer();
        final int start = VirtioNetHeader.checksumStart(buffer, Frame.VIRTIO_AT);
        final int size = VirtioNetHeader.gsoSize(buffer, Frame.VIRTIO_AT);
        final boolean fits = type == VirtioNetHeader.GSO_TCPV4
                ? isTcp(frame, start)
                : type == VirtioNetHeader.GSO_TCPV6 && isTcp6(frame, start);
        if (!fits || start + TcpHeader.BYTES > frame.length() || size < MIN_SEGMENT) {
            return DropReason.MACHINE_OFFLOAD;
        }
        final int header = TcpHeader.headerLength(buffer, Frame.ETHERNET_AT + start);
        if (header < TcpHeader.BYTES
                || start + header >= frame.length()
                || start + header + size > EthernetHeader.BYTES + mtu
                || VirtioNetHeader.checksumOffset(buffer, Frame.VIRTIO_AT) != TcpHeader.CHECKSUM) {
            return DropReason.MACHINE_OFFLOAD;
        }
        VirtioNetHeader.writeTcpSegmentation(
                buffer, Frame.VIRTIO_AT, type, start + header, size, start, TcpHeader.CHECKSUM);
        return null;
    }

    private static boolean isTcp(final Frame frame, final int start) {
        final ByteBuffer buffer = frame.buffer();
        final int at = Frame.NETWORK_AT;
        return EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV4
                && !Ipv4Header.isFragment(buffer, at)
                && Ipv4Header.protocol(buffer, at) == Ipv4Header.PROTOCOL_TCP
                && Ipv4Header.headerLength(buffer, at) == start - EthernetHeader.BYTES
                && Ipv4Header.totalLength(buffer, at) == frame.length() - EthernetHeader.BYTES;
    }

    private static boolean isTcp6(final Frame frame, final int start) {
        final ByteBuffer buffer = frame.buffer();
        final int at = Frame.NETWORK_AT;
        return EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV6
                && Ipv6Header.nextHeader(buffer, at) == Ipv4Header.PROTOCOL_TCP
                && start == EthernetHeader.BYTES + Ipv6Header.BYTES
                && Ipv6Header.payloadLength(buffer, at) == frame.length() - start;
    }
}
