package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Sends datagrams and echo replies: IP packets that may be cut. One that exceeds what the way carries goes in fragments
 * (RFC 791 section 2.3, RFC 8200 section 4.5). What follows the IP header is in the frame already, checksum included.
 */
final class PacketSender {
    private final NeighbourTable neighbours;
    private final Ipv6Numbers numbers;
    private final int mtu;
    private final Frame fragment;
    private int identification;
    private int typeOfService;
    private int timeToLive;

    /**
     * @param mtu largest packet of the port, in bytes
     * @param firstIdentification of packets that are cut
     */
    PacketSender(
            final NeighbourTable neighbours, final Ipv6Numbers numbers, final int mtu, final int firstIdentification) {
        this.neighbours = neighbours;
        this.numbers = numbers;
        this.mtu = mtu;
        this.fragment = new Frame(EthernetHeader.BYTES + mtu);
        this.identification = firstIdentification;
    }

    /** @return largest packet of the port, in bytes */
    int mtu() {
        return mtu;
    }

    /**
     * Says what the IP header of the next packet has.
     *
     * @param service type of service, or traffic class, 0 to 255
     * @param hops time to live, or hop limit; 0: default
     */
    void mark(final int service, final int hops) {
        typeOfService = service;
        timeToLive = hops;
    }

    /**
     * Sends a packet of IPv4. Routers may cut it further.
     *
     * @param packet its offload header must be written if the packet does not exceed {@link #mtu}
     * @param optionBytes of options that are there already, behind the place of the IP header's other parts; 0: none. A packet
     *     with options must not exceed {@link #mtu}
     * @param length bytes behind the IP header, which is written here
     * @return false if (a part of) it was dropped; the reason is counted
     */
    boolean sendIpv4(
            final Frame packet,
            final int protocol,
            final int source,
            final int destination,
            final int optionBytes,
            final int length,
            final long now) {
        identification++;
        if (optionBytes == 0 && Ipv4Header.BYTES + length > mtu) {
            return sendFragments(packet, protocol, source, destination, length, now);
        }
        writeIpv4(packet, protocol, source, destination, optionBytes + length, 0, false);
        if (optionBytes != 0) {
            Ipv4Header.putOptionBytes(packet.buffer(), Frame.NETWORK_AT, optionBytes);
        }
        return neighbours.send(packet, source, destination, now);
    }

    private boolean sendFragments(
            final Frame packet,
            final int protocol,
            final int source,
            final int destination,
            final int length,
            final long now) {
        final int most = (mtu - Ipv4Header.BYTES) & -FragmentHeader.UNIT;
        boolean sent = true;
        for (int done = 0; done < length && sent; done += most) {
            final int piece = Math.min(most, length - done);
            fragment.buffer().put(Frame.TRANSPORT_AT, packet.buffer(), Frame.TRANSPORT_AT + done, piece);
            VirtioNetHeader.writeNone(fragment.buffer(), Frame.VIRTIO_AT);
            writeIpv4(fragment, protocol, source, destination, piece, done, done + piece < length);
            sent = neighbours.send(fragment, source, destination, now);
        }
        return sent;
    }

    private void writeIpv4(
            final Frame part,
            final int protocol,
            final int source,
            final int destination,
            final int length,
            final int offset,
            final boolean more) {
        final int total = Ipv4Header.BYTES + length;
        final ByteBuffer buffer = part.buffer();
        final int at = Frame.NETWORK_AT;
        Ipv4Header.writeFragment(buffer, at, total, identification, protocol, source, destination, offset, more);
        if (typeOfService != 0) {
            Ipv4Header.putTypeOfService(buffer, at, typeOfService);
        }
        if (timeToLive != 0) {
            Ipv4Header.putTimeToLive(buffer, at, timeToLive);
        }
        part.length(EthernetHeader.BYTES + total);
    }

    /**
     * Sends a packet of IPv6.
     *
     * @param packet the addresses in its IP header must be written, and the offload header if it does not exceed pathMtu
     * @param length bytes behind the IP header
     * @param pathMtu what the way carries, in bytes, at most {@link #mtu}
     * @return false if (a part of) it was dropped; the reason is counted
     */
    boolean sendIpv6(
            final Frame packet,
            final int protocol,
            final int source,
            final int destination,
            final int length,
            final int pathMtu,
            final long now) {
        identification++;
        if (Ipv6Header.BYTES + length > pathMtu) {
            return sendFragmentsIpv6(packet.buffer(), protocol, source, length, pathMtu, now);
        }
        writeIpv6(packet.buffer(), length, protocol);
        packet.length(EthernetHeader.BYTES + Ipv6Header.BYTES + length);
        return neighbours.send(packet, source, destination, now);
    }

    private void writeIpv6(final ByteBuffer packet, final int length, final int nextHeader) {
        final int hops = timeToLive == 0 ? Ipv6Header.DEFAULT_HOP_LIMIT : timeToLive;
        Ipv6Header.write(packet, Frame.NETWORK_AT, typeOfService, length, nextHeader, hops);
    }

    /**
     * Each begins with the addresses of the whole packet, and a fragment header. A stranger may have got a number when the
     * first one was sent.
     */
    private boolean sendFragmentsIpv6(
            final ByteBuffer whole,
            final int protocol,
            final int source,
            final int length,
            final int pathMtu,
            final long now) {
        final long high = Ipv6Header.destinationHigh(whole, Frame.NETWORK_AT);
        final long low = Ipv6Header.destinationLow(whole, Frame.NETWORK_AT);
        final int most = (pathMtu - Ipv6Header.BYTES - FragmentHeader.BYTES) & -FragmentHeader.UNIT;
        final int at = Frame.TRANSPORT_AT_IPV6;
        final ByteBuffer part = fragment.buffer();
        boolean sent = true;
        for (int done = 0; done < length && sent; done += most) {
            final int piece = Math.min(most, length - done);
            part.put(Frame.NETWORK_AT, whole, Frame.NETWORK_AT, Ipv6Header.BYTES);
            writeIpv6(part, FragmentHeader.BYTES + piece, FragmentHeader.PROTOCOL);
            FragmentHeader.write(part, at, protocol, done, done + piece < length, identification);
            part.put(at + FragmentHeader.BYTES, whole, at + done, piece);
            VirtioNetHeader.writeNone(part, Frame.VIRTIO_AT);
            fragment.length(EthernetHeader.BYTES + Ipv6Header.BYTES + FragmentHeader.BYTES + piece);
            sent = neighbours.send(fragment, source, numbers.findOrTransient(high, low), now);
        }
        return sent;
    }
}
