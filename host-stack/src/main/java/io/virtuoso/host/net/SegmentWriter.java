package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.SendBuffer;
import io.virtuoso.host.tcp.TcpFlags;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Builds outgoing segments in one frame, payload straight from the guest's ring, and sends them. A payload larger than a
 * segment is cut by the port if it can, else here. A long one stays where it is if the port gathers and makes the
 * checksum: then the kernel's copy is the only one (docs/adr/0026).
 */
final class SegmentWriter {
    /** Flags of the last of the segments that a large one is cut into. */
    private static final int LAST_ONLY = TcpFlags.PSH | TcpFlags.FIN;

    /** Shorter payloads are copied: frames in pieces do not wait for a neighbour's answer. */
    static final int GATHERED_BYTES = 4096;

    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final boolean checksumOffload;
    private final boolean segmentationOffload;
    private final Ipv6Numbers numbers;
    private final boolean gathers;
    private final Frame frame = new Frame();
    private final SendBuffer.Places pieces = frame::append;
    private final ByteBuffer buffer = frame.buffer();
    private int identification;
    /** Of the segment at hand, with its ECN codepoint. */
    private int typeOfService;
    /** Of the segment at hand; 0: the default. */
    private int timeToLive;
    /** Where its TCP header is: behind an IPv4 or an IPv6 header. */
    private int at;

    SegmentWriter(
            final NeighbourTable neighbours, final StackCounters counters, final Port port, final Ipv6Numbers numbers) {
        this.numbers = numbers;
        this.neighbours = neighbours;
        this.counters = counters;
        this.checksumOffload = port.checksumOffload();
        this.gathers = port.gathers() && port.checksumOffload();
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
        final boolean ipv6 = Ipv6Numbers.isIpv6(remoteAddress);
        at = ipv6 ? Frame.TRANSPORT_AT_IPV6 : Frame.TRANSPORT_AT;
        final int headerLength = writeOptions(segment) - at;
        typeOfService = segment.typeOfService | segment.ecn;
        timeToLive = segment.timeToLive;
        TcpHeader.write(
                buffer,
                at,
                localPort << 16 | remotePort,
                segment.seq,
                segment.ack,
                headerLength,
                segment.flags,
                segment.window);
        final int length = segment.payloadLength;
        final boolean large = segment.segmentSize > 0 && length > segment.segmentSize;
        if (large && !mayBeCutByThePort(segment)) {
            return sendInPieces(localAddress, remoteAddress, headerLength, segment, payload, now);
        }
        frame.length(at - Frame.ETHERNET_AT + headerLength);
        if (length > 0 && !isLeftInPlace(segment, payload)) {
            payload.copyTo(segment.payloadPosition, length, buffer, at + headerLength);
            frame.length(frame.length() + length);
        }
        if (large) {
            VirtioNetHeader.writeTcpSegmentation(
                    buffer,
                    Frame.VIRTIO_AT,
                    ipv6 ? VirtioNetHeader.GSO_TCPV6 : VirtioNetHeader.GSO_TCPV4,
                    at - Frame.ETHERNET_AT + headerLength,
                    segment.segmentSize,
                    at - Frame.ETHERNET_AT,
                    TcpHeader.CHECKSUM);
            identification += length / segment.segmentSize;
        }
        return finish(localAddress, remoteAddress, headerLength + length, large, now);
    }

    private boolean isLeftInPlace(final OutgoingSegment segment, final SendBuffer payload) {
        final int length = segment.payloadLength;
        return gathers && length >= GATHERED_BYTES && payload.locate(segment.payloadPosition, length, pieces);
    }

    /** Who cuts clears CWR in all segments but the first (RFC 3168), of which Accurate ECN knows nothing. */
    private boolean mayBeCutByThePort(final OutgoingSegment segment) {
        return segmentationOffload && !segment.has(TcpFlags.CWR);
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
            TcpHeader.rewrite(buffer, at, segment.seq + done, last ? segment.flags : segment.flags & ~LAST_ONLY);
            payload.copyTo(segment.payloadPosition + done, length, buffer, at + headerLength);
            frame.length(at - Frame.ETHERNET_AT + headerLength + length);
            sent &= finish(localAddress, remoteAddress, headerLength + length, false, now);
        }
        return sent;
    }

    /** IP header, checksums, away: the frame has its length. */
    private boolean finish(
            final int localAddress, final int remoteAddress, final int tcpLength, final boolean large, final long now) {
        final boolean ipv6 = at == Frame.TRANSPORT_AT_IPV6;
        final long pseudo = ipv6
                ? writeIpv6(localAddress, remoteAddress, tcpLength)
                : writeIpv4(localAddress, remoteAddress, tcpLength);
        if (checksumOffload) {
            if (!large) {
                VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, at - Frame.ETHERNET_AT, TcpHeader.CHECKSUM);
            }
            TcpHeader.writePartialChecksum(buffer, at, pseudo);
        } else {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            TcpHeader.writeChecksum(buffer, at, tcpLength, pseudo);
        }
        counters.count(StackCounter.SEGMENTS_OUT);
        return neighbours.send(frame, localAddress, remoteAddress, now);
    }

    /** @return running sum of the pseudo header */
    private long writeIpv6(final int localAddress, final int remoteAddress, final int tcpLength) {
        Ipv6Header.write(
                buffer,
                Frame.NETWORK_AT,
                typeOfService,
                tcpLength,
                Ipv4Header.PROTOCOL_TCP,
                timeToLive == 0 ? Ipv6Header.DEFAULT_HOP_LIMIT : timeToLive);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, numbers.high(localAddress), numbers.low(localAddress));
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, numbers.high(remoteAddress), numbers.low(remoteAddress));
        return Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, tcpLength);
    }

    /** @return running sum of the pseudo header */
    private long writeIpv4(final int localAddress, final int remoteAddress, final int tcpLength) {
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
        return Checksum.pseudoHeader(localAddress, remoteAddress, Ipv4Header.PROTOCOL_TCP, tcpLength);
    }

    /** @return position behind the options */
    private int writeOptions(final OutgoingSegment segment) {
        int end = at + TcpHeader.BYTES;
        if (segment.mss != 0) {
            end = TcpOptions.writeMss(buffer, end, segment.mss);
        }
        if (segment.sackPermitted) {
            end = TcpOptions.writeSackPermitted(buffer, end);
        }
        if (segment.hasTimestamps) {
            end = TcpOptions.writeTimestamps(buffer, end, segment.tsVal, segment.tsEcr);
        }
        if (segment.windowScale != TcpSegment.NO_WINDOW_SCALE) {
            end = TcpOptions.writeWindowScale(buffer, end, segment.windowScale);
        }
        if (segment.sackCount > 0) {
            end = TcpOptions.writeSack(buffer, end, segment.sackEdges, segment.sackCount);
        }
        if (segment.ecnCounterCount > 0) {
            end = TcpOptions.writeEcnCounters(buffer, end, segment.ecnCounters, segment.ecnCounterCount);
        }
        return end;
    }
}
