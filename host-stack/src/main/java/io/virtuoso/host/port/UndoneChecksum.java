package io.virtuoso.host.port;

import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;

/**
 * Recognises TCP and UDP frames whose sender, on this machine, left the checksum to hardware that is not there: the field
 * holds the sum over the pseudo header only. For ports that are told nothing about it.
 */
public final class UndoneChecksum {
    private UndoneChecksum() {}

    /** Writes NEEDS_CHECKSUM into the virtio header of such a frame. */
    public static void mark(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        final int available = frame.length() - EthernetHeader.BYTES;
        final int type = EthernetHeader.type(buffer, frame.ethernetAt());
        if (type == EthernetHeader.TYPE_IPV4) {
            markIpv4(frame, available);
        } else if (type == EthernetHeader.TYPE_IPV6) {
            markIpv6(frame, available);
        }
    }

    private static void markIpv4(final Frame frame, final int available) {
        final ByteBuffer buffer = frame.buffer();
        final int ipAt = frame.ethernetAt() + EthernetHeader.BYTES;
        if (Ipv4Header.check(buffer, ipAt, available) != null || Ipv4Header.isFragment(buffer, ipAt)) {
            return;
        }
        final int headerLength = Ipv4Header.headerLength(buffer, ipAt);
        final int length = Ipv4Header.totalLength(buffer, ipAt) - headerLength;
        final int protocol = Ipv4Header.protocol(buffer, ipAt);
        final long pseudo = Checksum.pseudoHeader(
                Ipv4Header.source(buffer, ipAt), Ipv4Header.destination(buffer, ipAt), protocol, length);
        mark(frame, headerLength, length, protocol, pseudo);
    }

    /** The kernel sends no extension headers of its own accord in front of what it leaves undone. */
    private static void markIpv6(final Frame frame, final int available) {
        final ByteBuffer buffer = frame.buffer();
        final int ipAt = frame.ethernetAt() + EthernetHeader.BYTES;
        if (Ipv6Header.check(buffer, ipAt, available) != null) {
            return;
        }
        final int length = Ipv6Header.payloadLength(buffer, ipAt);
        final int protocol = Ipv6Header.nextHeader(buffer, ipAt);
        mark(frame, Ipv6Header.BYTES, length, protocol, Ipv6Header.pseudoHeader(buffer, ipAt, protocol, length));
    }

    private static void mark(
            final Frame frame, final int headerLength, final int length, final int protocol, final long pseudo) {
        final ByteBuffer buffer = frame.buffer();
        final int transportAt = frame.ethernetAt() + EthernetHeader.BYTES + headerLength;
        final int least = protocol == Ipv4Header.PROTOCOL_TCP ? TcpHeader.BYTES : UdpHeader.BYTES;
        final int field = protocol == Ipv4Header.PROTOCOL_TCP ? TcpHeader.CHECKSUM : UdpHeader.CHECKSUM;
        final boolean known = protocol == Ipv4Header.PROTOCOL_TCP || protocol == Ipv4Header.PROTOCOL_UDP;
        if (known && length >= least && Wire.u16(buffer, transportAt + field) == Checksum.fold(pseudo)) {
            VirtioNetHeader.writeNeedsChecksum(buffer, frame.virtioAt(), EthernetHeader.BYTES + headerLength, field);
        }
    }
}
