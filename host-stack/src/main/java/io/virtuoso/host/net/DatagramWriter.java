package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Sends UDP datagrams. One that exceeds the port's MTU goes in fragments (RFC 791 section 2.3, RFC 8200 section 4.5). Of
 * IPv4, routers may cut them further. Of IPv6 they may not: what they say of their ways (RFC 8201) is heeded for later
 * datagrams. The payload is put into the writer's frame first.
 */
public final class DatagramWriter {
    private static final int CHECKSUM_START = EthernetHeader.BYTES + Ipv4Header.BYTES;
    private static final int CHECKSUM_START_IPV6 = EthernetHeader.BYTES + Ipv6Header.BYTES;

    private final PacketSender packets;
    private final StackCounters counters;
    private final Ipv6Numbers numbers;
    private final boolean checksumOffload;
    private final Frame frame = new Frame(Frame.MAX_LENGTH_IPV6);
    private final ByteBuffer buffer = frame.buffer();
    private final PathMtus paths;
    private int typeOfService;
    private int timeToLive;

    DatagramWriter(
            final PacketSender packets,
            final StackCounters counters,
            final Ipv6Numbers numbers,
            final boolean checksumOffload) {
        this.packets = packets;
        this.counters = counters;
        this.numbers = numbers;
        this.checksumOffload = checksumOffload;
        this.paths = new PathMtus(packets.mtu(), Ipv6Header.MIN_MTU);
        numbers.addHolder(paths::forEachRemote);
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
        packets.mark(typeOfService, timeToLive);
        if (Ipv6Numbers.isIpv6(remoteAddress)) {
            return sendIpv6(localAddress, remoteAddress, length, now);
        }
        if (checksumOffload && Ipv4Header.BYTES + length <= packets.mtu()) {
            VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, CHECKSUM_START, UdpHeader.CHECKSUM);
            UdpHeader.writePartialChecksum(buffer, Frame.TRANSPORT_AT, length, localAddress, remoteAddress);
        } else {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            UdpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, length, localAddress, remoteAddress);
        }
        return packets.sendIpv4(frame, Ipv4Header.PROTOCOL_UDP, localAddress, remoteAddress, 0, length, now);
    }

    private boolean sendIpv6(final int localAddress, final int remoteAddress, final int length, final long now) {
        final int at = Frame.TRANSPORT_AT_IPV6;
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, numbers.high(localAddress), numbers.low(localAddress));
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, numbers.high(remoteAddress), numbers.low(remoteAddress));
        final int pathMtu = paths.of(remoteAddress, now);
        if (checksumOffload && Ipv6Header.BYTES + length <= pathMtu) {
            VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, CHECKSUM_START_IPV6, UdpHeader.CHECKSUM);
            UdpHeader.writePartialChecksumIpv6(buffer, at, length, Frame.NETWORK_AT);
        } else {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            UdpHeader.writeChecksumIpv6(buffer, at, length, Frame.NETWORK_AT);
        }
        return packets.sendIpv6(frame, Ipv4Header.PROTOCOL_UDP, localAddress, remoteAddress, length, pathMtu, now);
    }
}
