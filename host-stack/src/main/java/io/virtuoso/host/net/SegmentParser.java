package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/** Checks a received TCP segment and takes it apart for TCP. The payload stays in the frame. */
final class SegmentParser {
    private static final int CHECKSUM_SETTLED = VirtioNetHeader.NEEDS_CHECKSUM | VirtioNetHeader.DATA_VALID;

    /** RFC 9293 section 3.7.1: without an MSS option in a SYN; in other segments it has no meaning. */
    static final int DEFAULT_MSS_IPV6 = 1220;

    private final TcpSegment segment = new TcpSegment();
    private final TcpOptions options = new TcpOptions();

    /** @return what {@link #parse} found last */
    TcpSegment segment() {
        return segment;
    }

    /**
     * Parses one segment.
     *
     * @param at position of the TCP header
     * @param length bytes of header and payload
     * @return null if {@link #segment} may be used, else why it is dropped
     */
    DropReason parse(final Frame frame, final int ipAt, final int at, final int length) {
        final ByteBuffer buffer = frame.buffer();
        final DropReason reason = TcpHeader.check(buffer, at, length);
        if (reason != null) {
            return reason;
        }
        final boolean ipv6 = Ipv6Header.isIpv6(buffer, ipAt);
        if (!checksumSettled(buffer)
                && !TcpHeader.checksumValid(buffer, at, length, pseudoHeader(buffer, ipAt, length, ipv6))) {
            return DropReason.TCP_CHECKSUM;
        }
        fill(buffer, at, length);
        if (ipv6 && segment.mss == 0) {
            segment.mss = DEFAULT_MSS_IPV6;
        }
        segment.ecn = ipv6
                ? Ipv6Header.trafficClass(buffer, ipAt) & Ipv6Header.ECN
                : Ipv4Header.typeOfService(buffer, ipAt) & Ipv4Header.ECN;
        return null;
    }

    private static long pseudoHeader(final ByteBuffer buffer, final int ipAt, final int length, final boolean ipv6) {
        return ipv6
                ? Ipv6Header.pseudoHeader(buffer, ipAt, Ipv4Header.PROTOCOL_TCP, length)
                : Checksum.pseudoHeader(
                        Ipv4Header.source(buffer, ipAt),
                        Ipv4Header.destination(buffer, ipAt),
                        Ipv4Header.PROTOCOL_TCP,
                        length);
    }

    /** A checksum left undone by a sender on this machine, or checked by the port, is as good as a right one. */
    private static boolean checksumSettled(final ByteBuffer buffer) {
        return (VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT) & CHECKSUM_SETTLED) != 0;
    }

    private void fill(final ByteBuffer buffer, final int at, final int length) {
        final int headerLength = TcpHeader.headerLength(buffer, at);
        segment.clear();
        segment.seq = TcpHeader.sequence(buffer, at);
        segment.ack = TcpHeader.acknowledgment(buffer, at);
        segment.flags = TcpHeader.flags(buffer, at);
        segment.window = TcpHeader.window(buffer, at);
        segment.payload = buffer;
        segment.payloadOffset = at + headerLength;
        segment.payloadLength = length - headerLength;
        if (headerLength > TcpHeader.BYTES) {
            options.parse(buffer, at);
            fillOptions();
        }
    }

    private void fillOptions() {
        segment.mss = options.mss();
        segment.windowScale = options.windowScale();
        segment.sackPermitted = options.sackPermitted();
        segment.hasTimestamps = options.hasTimestamps();
        segment.tsVal = options.timestampValue();
        segment.tsEcr = options.timestampEcho();
        segment.sackCount = options.sackBlocks();
        segment.hasEcnCounters = options.hasEcnCounters();
        for (int counter = 0; counter < segment.ecnCounters.length; counter++) {
            segment.ecnCounters[counter] = options.ecnCounter(counter);
        }
        for (int block = 0; block < segment.sackCount; block++) {
            segment.sackEdges[2 * block] = options.sackLeft(block);
            segment.sackEdges[2 * block + 1] = options.sackRight(block);
        }
    }
}
