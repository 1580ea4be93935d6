package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Sends UDP datagrams. One that exceeds the port's MTU goes in fragments (RFC 791 section 2.3); none forbids routers to
 * cut it further, so no path MTU has to be found. The payload is put into the writer's frame first.
 */
public final class DatagramWriter {
    /** Where the payload belongs in {@link #buffer}. */
    public static final int PAYLOAD_AT = Frame.TRANSPORT_AT + UdpHeader.BYTES;

    private static final int CHECKSUM_START = EthernetHeader.BYTES + Ipv4Header.BYTES;
    private static final int FRAGMENT_UNIT = 8;

    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final boolean checksumOffload;
    private final int mtu;
    private final Frame frame = new Frame();
    private final ByteBuffer buffer = frame.buffer();
    private final Frame fragment;
    private int identification;

    DatagramWriter(
            final NeighbourTable neighbours,
            final StackCounters counters,
            final Port port,
            final int firstIdentification) {
        this.neighbours = neighbours;
        this.counters = counters;
        this.checksumOffload = port.checksumOffload();
        this.mtu = port.mtu();
        this.fragment = new Frame(EthernetHeader.BYTES + mtu);
        this.identification = firstIdentification;
    }

    /** @return where {@link #send} takes the payload from */
    public ByteBuffer buffer() {
        return buffer;
    }

    /**
     * Sends a datagram.
     *
     * @param payloadBytes at {@link #PAYLOAD_AT}, 0 to 65,507
     * @return false if (a part of) it was dropped; the reason is counted
     */
    public boolean send(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final int payloadBytes,
            final long now) {
        final int length = UdpHeader.BYTES + payloadBytes;
        UdpHeader.write(buffer, Frame.TRANSPORT_AT, localPort, remotePort, length);
        counters.count(StackCounter.DATAGRAMS_OUT);
        identification++;
        if (Ipv4Header.BYTES + length > mtu) {
            UdpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, length, localAddress, remoteAddress);
            return sendFragments(localAddress, remoteAddress, length, now);
        }
        if (checksumOffload) {
            VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, CHECKSUM_START, UdpHeader.CHECKSUM);
            UdpHeader.writePartialChecksum(buffer, Frame.TRANSPORT_AT, length, localAddress, remoteAddress);
        } else {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            UdpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, length, localAddress, remoteAddress);
        }
        return finish(frame, localAddress, remoteAddress, length, 0, false, now);
    }

    private boolean sendFragments(final int localAddress, final int remoteAddress, final int length, final long now) {
        final int most = (mtu - Ipv4Header.BYTES) & -FRAGMENT_UNIT;
        boolean sent = true;
        for (int done = 0; done < length && sent; done += most) {
            final int piece = Math.min(most, length - done);
            fragment.buffer().put(Frame.TRANSPORT_AT, buffer, Frame.TRANSPORT_AT + done, piece);
            VirtioNetHeader.writeNone(fragment.buffer(), Frame.VIRTIO_AT);
            sent = finish(fragment, localAddress, remoteAddress, piece, done, done + piece < length, now);
        }
        return sent;
    }

    private boolean finish(
            final Frame packet,
            final int localAddress,
            final int remoteAddress,
            final int length,
            final int offset,
            final boolean more,
            final long now) {
        Ipv4Header.writeFragment(
                packet.buffer(),
                Frame.NETWORK_AT,
                Ipv4Header.BYTES + length,
                identification,
                Ipv4Header.PROTOCOL_UDP,
                localAddress,
                remoteAddress,
                offset,
                more);
        packet.length(EthernetHeader.BYTES + Ipv4Header.BYTES + length);
        return neighbours.send(packet, localAddress, remoteAddress, now);
    }
}
