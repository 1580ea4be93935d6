package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/** Sends ICMP errors (RFC 792), not more than {@value #PER_SECOND} a second (RFC 1812 section 4.3.2.8). */
final class IcmpOutput {
    /** As Linux's icmp_msgs_per_sec. */
    static final int PER_SECOND = 1000;
    /** As Linux's icmp_msgs_burst. */
    static final int BURST = 50;
    /** Longest packet (RFC 1812 section 4.3.2.3). */
    static final int MAX_PACKET = 576;

    private static final long NANOS_PER_MESSAGE = 1_000_000_000L / PER_SECOND;

    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final Frame frame = new Frame(EthernetHeader.BYTES + MAX_PACKET);
    private int identification;
    private long credit = BURST * NANOS_PER_MESSAGE;
    private long lastNow;

    IcmpOutput(final NeighbourTable neighbours, final StackCounters counters) {
        this.neighbours = neighbours;
        this.counters = counters;
    }

    /**
     * Tells the sender of a datagram that nobody has bound its port.
     *
     * @param ipAt position of the datagram's IP header, which has been checked
     */
    void portUnreachable(final ByteBuffer datagram, final int ipAt, final long now) {
        credit = Math.min(BURST * NANOS_PER_MESSAGE, credit + Math.max(0, now - lastNow));
        lastNow = now;
        if (credit < NANOS_PER_MESSAGE) {
            return;
        }
        credit -= NANOS_PER_MESSAGE;
        final ByteBuffer buffer = frame.buffer();
        final int quoted =
                Math.min(Ipv4Header.totalLength(datagram, ipAt), MAX_PACKET - Ipv4Header.BYTES - IcmpMessage.BYTES);
        final int length = IcmpMessage.BYTES + quoted;
        buffer.put(Frame.TRANSPORT_AT + IcmpMessage.BYTES, datagram, ipAt, quoted);
        IcmpMessage.writeUnreachable(buffer, Frame.TRANSPORT_AT, IcmpMessage.CODE_PORT, length);
        final int from = Ipv4Header.destination(datagram, ipAt);
        final int to = Ipv4Header.source(datagram, ipAt);
        final int total = Ipv4Header.BYTES + length;
        Ipv4Header.write(buffer, Frame.NETWORK_AT, total, identification++, Ipv4Header.PROTOCOL_ICMP, from, to);
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        frame.length(EthernetHeader.BYTES + total);
        if (neighbours.send(frame, from, to, now)) {
            counters.count(StackCounter.UNREACHABLES_OUT);
        }
    }
}
