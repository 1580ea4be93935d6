package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;

/**
 * Sends UDP datagrams. One that exceeds the port's MTU goes in fragments (RFC 791 section 2.3, RFC 8200 section 4.5). Of
 * IPv4, routers may cut them further. Of IPv6 they may not: what they say of their ways (RFC 8201) is heeded for later
 * datagrams. The payload is put into the writer's frame first.
 */
public final class DatagramWriter {
    private static final int CHECKSUM_START = EthernetHeader.BYTES + Ipv4Header.BYTES;
    private static final int CHECKSUM_START_IPV6 = EthernetHeader.BYTES + Ipv6Header.BYTES;
    private static final int FRAGMENT_UNIT = 8;

    private final NeighbourTable neighbours;
    private final StackCounters counters;
    private final Ipv6Numbers numbers;
    private final boolean checksumOffload;
    private final int mtu;
    private final Frame frame = new Frame(Frame.MAX_LENGTH_IPV6);
    private final ByteBuffer buffer = frame.buffer();
    private final Frame fragment;
    private final PathMtus paths;
    private int identification;
    private int typeOfService;
    private int timeToLive;

    DatagramWriter(
            final NeighbourTable neighbours,
            final StackCounters counters,
            final Ipv6Numbers numbers,
            final Port port,
            final int firstIdentification) {
        this.neighbours = neighbours;
        this.counters = counters;
        this.numbers = numbers;
        this.checksumOffload = port.checksumOffload();
        this.mtu = port.mtu();
        this.paths = new PathMtus(mtu, Ipv6Header.MIN_MTU);
        this.fragment = new Frame(EthernetHeader.BYTES + mtu);
        this.identification = firstIdentification;
    }

    /** @return where {@link #send} takes the payload from */
    public ByteBuffer buffer() {
        return buffer;
    }

    /**
     * Where the payload belongs in {@link #buffer}.
     *
     * @return a position that depends on the family of the peer's address
     */
    public static int payloadAt(final int remoteAddress) {
        return transportAt(remoteAddress) + UdpHeader.BYTES;
    }

    /**
     * A router says that the way to a peer of IPv6 carries no more.
     *
     * @param pathMtu in bytes; less than every link carries counts as that
     */
    void onPathMtu(final int remoteAddress, final int pathMtu, final long now) {
        paths.lower(remoteAddress, pathMtu, now);
    }

    /** Calls for each address that something is remembered of. */
    void forEachAddress(final IntConsumer consumer) {
        paths.forEachRemote(consumer);
    }

    private static int transportAt(final int remoteAddress) {
        return Ipv6Numbers.isIpv6(remoteAddress) ? Frame.TRANSPORT_AT_IPV6 : Frame.TRANSPORT_AT;
    }

    /**
     * Says what the IP header of the datagrams sent from now on has.
     *
     * @param service type of service, or traffic class, 0 to 255
     * @param hops time to live, or hop limit; 0: default
     */
    public void mark(final int service, final int hops) {
        typeOfService = service;
        timeToLive = hops;
    }

    /**
     * Sends a datagram.
     *
     * @param payloadBytes at {@link #payloadAt}, 0 to 65,507
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
        UdpHeader.write(buffer, transportAt(remoteAddress), localPort, remotePort, length);
        counters.count(StackCounter.DATAGRAMS_OUT);
        identification++;
        if (Ipv6Numbers.isIpv6(remoteAddress)) {
            return sendIpv6(localAddress, remoteAddress, length, now);
        }
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

    private boolean sendIpv6(final int localAddress, final int remoteAddress, final int length, final long now) {
        final int at = Frame.TRANSPORT_AT_IPV6;
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, numbers.high(localAddress), numbers.low(localAddress));
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, numbers.high(remoteAddress), numbers.low(remoteAddress));
        final int pathMtu = paths.of(remoteAddress, now);
        if (Ipv6Header.BYTES + length > pathMtu) {
            UdpHeader.writeChecksumIpv6(buffer, at, length, Frame.NETWORK_AT);
            return sendFragmentsIpv6(localAddress, remoteAddress, length, pathMtu, now);
        }
        if (checksumOffload) {
            VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, CHECKSUM_START_IPV6, UdpHeader.CHECKSUM);
            UdpHeader.writePartialChecksumIpv6(buffer, at, length, Frame.NETWORK_AT);
        } else {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            UdpHeader.writeChecksumIpv6(buffer, at, length, Frame.NETWORK_AT);
        }
        writeIpv6(buffer, length, Ipv4Header.PROTOCOL_UDP);
        frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + length);
        return neighbours.send(frame, localAddress, remoteAddress, now);
    }

    private void writeIpv6(final ByteBuffer packet, final int length, final int nextHeader) {
        final int hops = timeToLive == 0 ? Ipv6Header.DEFAULT_HOP_LIMIT : timeToLive;
        Ipv6Header.write(packet, Frame.NETWORK_AT, typeOfService, length, nextHeader, hops);
    }

    /** Each begins with the addresses of the whole packet, and a fragment header. */
    private boolean sendFragmentsIpv6(
            final int localAddress, final int remoteAddress, final int length, final int pathMtu, final long now) {
        final int most = (pathMtu - Ipv6Header.BYTES - FragmentHeader.BYTES) & -FRAGMENT_UNIT;
        final int at = Frame.TRANSPORT_AT_IPV6;
        final ByteBuffer packet = fragment.buffer();
        boolean sent = true;
        for (int done = 0; done < length && sent; done += most) {
            final int piece = Math.min(most, length - done);
            packet.put(Frame.NETWORK_AT, buffer, Frame.NETWORK_AT, Ipv6Header.BYTES);
            writeIpv6(packet, FragmentHeader.BYTES + piece, FragmentHeader.PROTOCOL);
            final boolean more = done + piece < length;
            FragmentHeader.write(packet, at, Ipv4Header.PROTOCOL_UDP, done, more, identification);
            packet.put(at + FragmentHeader.BYTES, buffer, at + done, piece);
            VirtioNetHeader.writeNone(packet, Frame.VIRTIO_AT);
            fragment.length(EthernetHeader.BYTES + Ipv6Header.BYTES + FragmentHeader.BYTES + piece);
            sent = neighbours.send(fragment, localAddress, remoteAddress, now);
        }
        return sent;
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
        if (typeOfService != 0) {
            Ipv4Header.putTypeOfService(packet.buffer(), Frame.NETWORK_AT, typeOfService);
        }
        if (timeToLive != 0) {
            Ipv4Header.putTimeToLive(packet.buffer(), Frame.NETWORK_AT, timeToLive);
        }
        packet.length(EthernetHeader.BYTES + Ipv4Header.BYTES + length);
        return neighbours.send(packet, localAddress, remoteAddress, now);
    }
}
