package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.SendBuffer;
import io.virtuoso.host.tcp.TcpFlags;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Builds outgoing segments in one frame, payload straight from the guest's ring, and sends them. A payload larger than a
 * segment is cut by the port if it can, else here.
 */
final class SegmentWriter {
    private static final int CHECKSUM_START = EthernetHeader.BYTES + Ipv4Header.BYTES;
    /** Flags of the last of the segments that a large one is cut into. */
    private static final int LAST_ONLY = TcpFlags.PSH | TcpFlags.FIN;

    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final boolean checksumOffload;
    private final boolean segmentationOffload;
    private final Frame frame = new Frame();
    private final ByteBuffer buffer = frame.buffer();
    private int identification;
    /** Of the segment at hand, with its ECN codepoint. */
    private int typeOfService;

    private int timeToLive;

    SegmentWriter(final NeighbourTable neighbours, final StackCounters counters, final Port port) {
        this.neighbours = neighbours;
        this.counters = counters;
        this.checksumOffload = port.checksumOffload();
        this.segmentationOffload = port.segmentationOffload() && port.checksumOffload();
    }

    /**
     * Sends a segment, or several if it is large.
     *
     * @param payload where the payload is; may be null without payload
     * @return false if (a part of) it was dropped; the reason is counted
     */
    boolean send(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final OutgoingSegment segment,
            final SendBuffer payload,
            final long now) {
        final int headerLength = writeOptions(segment) - Frame.TRANSPORT_AT;
        typeOfService = segment.typeOfService | segment.ecn;
        timeToLive = segment.timeToLive;
        TcpHeader.write(
                buffer,
                Frame.TRANSPORT_AT,
                localPort << 16 | remotePort,
                segment.seq,
                segment.ack,
                headerLength,
                segment.flags,
                segment.window);
        final int length = segment.payloadLength;
        final boolean large = segment.segmentSize > 0 && length > segment.segmentSize;
        if (large && !segmentationOffload) {
            return sendInPieces(localAddress, remoteAddress, headerLength, segment, payload, now);
        }
        if (length > 0) {
            payload.copyTo(segment.payloadPosition, length, buffer, Frame.TRANSPORT_AT + headerLength);
        }
        if (large) {
            VirtioNetHeader.writeTcpSegmentation(
                    buffer,
                    Frame.VIRTIO_AT,
                    CHECKSUM_START + headerLength,
                    segment.segmentSize,
                    CHECKSUM_START,
                    TcpHeader.CHECKSUM);
            identification += length / segment.segmentSize;
        }
        return finish(localAddress, remoteAddress, headerLength + length, large, now);
    }

    /** What a port with segmentation offload would do. */
    private boolean sendInPieces(
            final int localAddress,
            final int remoteAddress,
            final int headerLength,
            final OutgoingSegment segment,
            final SendBuffer payload,
            final long now) {
        boolean sent = true;
        for (int done = 0; done < segment.payloadLength; done += segment.segmentSize) {
            final int length = Math.min(segment.segmentSize, segment.payloadLength - done);
            final boolean last = done + length == segment.payloadLength;
            TcpHeader.rewrite(
                    buffer, Frame.TRANSPORT_AT, segment.seq + done, last ? segment.flags : segment.flags & ~LAST_ONLY);
            payload.copyTo(segment.payloadPosition + done, length, buffer, Frame.TRANSPORT_AT + headerLength);
            sent &= finish(localAddress, remoteAddress, headerLength + length, false, now);
        }
        return sent;
    }

    /** Checksums, IP header, away. */
    private boolean finish(
            final int localAddress, final int remoteAddress, final int tcpLength, final boolean large, final long now) {
        if (checksumOffload) {
            if (!large) {
                VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, CHECKSUM_START, TcpHeader.CHECKSUM);
            }
            TcpHeader.writePartialChecksum(buffer, Frame.TRANSPORT_AT, tcpLength, localAddress, remoteAddress);
        } else {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, tcpLength, localAddress, remoteAddress);
        }
        final int ipLength = Ipv4Header.BYTES + tcpLength;
        Ipv4Header.write(
                buffer,
                Frame.NETWORK_AT,
                ipLength,
                identification++,
                Ipv4Header.PROTOCOL_TCP,
                localAddress,
                remoteAddress);
        if (typeOfService != 0) {
            Ipv4Header.putTypeOfService(buffer, Frame.NETWORK_AT, typeOfService);
        }
        if (timeToLive != 0) {
            Ipv4Header.putTimeToLive(buffer, Frame.NETWORK_AT, timeToLive);
        }
        frame.length(EthernetHeader.BYTES + ipLength);
        counters.count(StackCounter.SEGMENTS_OUT);
        return neighbours.send(frame, localAddress, remoteAddress, now);
    }

    /** @return position behind the options */
    private int writeOptions(final OutgoingSegment segment) {
        int at = Frame.TRANSPORT_AT + TcpHeader.BYTES;
        if (segment.mss != 0) {
            at = TcpOptions.writeMss(buffer, at, segment.mss);
        }
        if (segment.sackPermitted) {
            at = TcpOptions.writeSackPermitted(buffer, at);
        }
        if (segment.hasTimestamps) {
            at = TcpOptions.writeTimestamps(buffer, at, segment.tsVal, segment.tsEcr);
        }
        if (segment.windowScale != TcpSegment.NO_WINDOW_SCALE) {
            at = TcpOptions.writeWindowScale(buffer, at, segment.windowScale);
        }
        if (segment.sackCount > 0) {
            at = TcpOptions.writeSack(buffer, at, segment.sackEdges, segment.sackCount);
        }
        return at;
    }
}
