package io.virtuoso.host.port;

import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;

/**
 * Does what a frame's virtio header leaves to its receiver, for receivers that do not: completes a checksum, cuts a large
 * TCP frame into segments. One thread; allocates nothing.
 */
public final class SoftwareOffload {
    private static final int UDP_CHECKSUM = 6;

    private final Frame segment = new Frame();

    /** Takes segments. */
    public interface Segments {
        /** @param segment whole, with nothing left to do; overwritten when this returns */
        void onSegment(Frame segment);
    }

    /** Completes the checksum if that is left to do, and says so in the virtio header. The frame is no large one. */
    public static void completeChecksum(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        if ((VirtioNetHeader.flags(buffer, frame.virtioAt()) & VirtioNetHeader.NEEDS_CHECKSUM) != 0) {
            final int start = frame.ethernetAt() + VirtioNetHeader.checksumStart(buffer, frame.virtioAt());
            final int offset = VirtioNetHeader.checksumOffset(buffer, frame.virtioAt());
            if (start + offset + 2 <= frame.end()) {
                // The field holds the pseudo header's sum already, so it is summed with the rest.
                final int sum = Checksum.complete(Checksum.partial(buffer, start, frame.end() - start, 0));
                Wire.put16(buffer, start + offset, sum == 0 && offset == UDP_CHECKSUM ? 0xffff : sum);
            }
        }
        VirtioNetHeader.writeNone(buffer, frame.virtioAt());
    }

    /**
     * Cuts a large frame of TCP, as {@code writeTcpSegmentation} describes it; the description has been checked.
     *
     * @param sink is given each segment in turn
     */
    public void cut(final Frame frame, final Segments sink) {
        final ByteBuffer buffer = frame.buffer();
        final int ethernetAt = frame.ethernetAt();
        final int size = VirtioNetHeader.gsoSize(buffer, frame.virtioAt());
        final int tcpOffset = VirtioNetHeader.checksumStart(buffer, frame.virtioAt());
        final int headers = tcpOffset + TcpHeader.headerLength(buffer, ethernetAt + tcpOffset);
        final int payload = frame.length() - headers;
        int index = 0;
        int done = 0;
        do {
            final int part = Math.min(size, payload - done);
            segment.buffer().put(Frame.ETHERNET_AT, buffer, ethernetAt, headers);
            segment.buffer().put(Frame.ETHERNET_AT + headers, buffer, ethernetAt + headers + done, part);
            segment.length(headers + part);
            finish(tcpOffset, index++, done, done + part == payload);
            sink.onSegment(segment);
            done += part;
        } while (done < payload);
    }

    private void finish(final int tcpOffset, final int index, final int done, final boolean last) {
        final ByteBuffer buffer = segment.buffer();
        final int tcpAt = Frame.ETHERNET_AT + tcpOffset;
        final int length = segment.length() - tcpOffset;
        final long pseudo;
        if (EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV6) {
            Ipv6Header.putPayloadLength(buffer, Frame.NETWORK_AT, length);
            pseudo = Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, length);
        } else {
            final int id = Ipv4Header.identification(buffer, Frame.NETWORK_AT) + index;
            Ipv4Header.rewrite(buffer, Frame.NETWORK_AT, segment.length() - EthernetHeader.BYTES, id);
            pseudo = Checksum.pseudoHeader(
                    Ipv4Header.source(buffer, Frame.NETWORK_AT),
                    Ipv4Header.destination(buffer, Frame.NETWORK_AT),
                    Ipv4Header.PROTOCOL_TCP,
                    length);
        }
        int flags = TcpHeader.flags(buffer, tcpAt);
        flags = last ? flags : flags & ~(TcpHeader.FIN | TcpHeader.PSH);
        flags = index == 0 ? flags : flags & ~TcpHeader.CWR;
        TcpHeader.rewrite(buffer, tcpAt, TcpHeader.sequence(buffer, tcpAt) + done, flags);
        TcpHeader.writeChecksum(buffer, tcpAt, length, pseudo);
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
    }
}
