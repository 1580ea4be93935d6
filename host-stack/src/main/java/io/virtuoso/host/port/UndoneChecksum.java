package io.virtuoso.host.port;

import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;

/**
 * Recognises TCP frames whose sender, on this machine, left the checksum to hardware that is not there: the field holds
 * the sum over the pseudo header only. For ports that are told nothing about it.
 */
public final class UndoneChecksum {
    private UndoneChecksum() {}

    /** Writes NEEDS_CHECKSUM into the virtio header of such a frame. */
    public static void mark(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        final int ipAt = frame.ethernetAt() + EthernetHeader.BYTES;
        final int available = frame.length() - EthernetHeader.BYTES;
        if (EthernetHeader.type(buffer, frame.ethernetAt()) != EthernetHeader.TYPE_IPV4
                || Ipv4Header.check(buffer, ipAt, available) != null
                || Ipv4Header.protocol(buffer, ipAt) != Ipv4Header.PROTOCOL_TCP) {
            return;
        }
        final int headerLength = Ipv4Header.headerLength(buffer, ipAt);
        final int length = Ipv4Header.totalLength(buffer, ipAt) - headerLength;
        final long pseudo = Checksum.pseudoHeader(
                Ipv4Header.source(buffer, ipAt), Ipv4Header.destination(buffer, ipAt), Ipv4Header.PROTOCOL_TCP, length);
        final int tcpAt = ipAt + headerLength;
        if (length >= TcpHeader.BYTES && Wire.u16(buffer, tcpAt + TcpHeader.CHECKSUM) == Checksum.fold(pseudo)) {
            VirtioNetHeader.writeNeedsChecksum(
                    buffer, frame.virtioAt(), EthernetHeader.BYTES + headerLength, TcpHeader.CHECKSUM);
        }
    }
}
