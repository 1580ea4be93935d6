package io.virtuoso.host.tunnel;

import io.virtuoso.host.net.IpStation;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.GreHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.VxlanHeader;
import java.nio.ByteBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.IntHashSet;

/** Finds the tunnel of what came over an underlay, by VNI or key, and checks all that is around the inner frame. */
final class Decapsulator implements IpStation.Upper {
    private static final int CHECKSUM_SETTLED = VirtioNetHeader.NEEDS_CHECKSUM | VirtioNetHeader.DATA_VALID;
    /** An IP header and ports, or a GRE header without its key. */
    private static final int LEAST_PAYLOAD = 8;

    private final Underlay underlay;
    private final Int2ObjectHashMap<TunnelPort> byVni = new Int2ObjectHashMap<>();
    private final Int2ObjectHashMap<TunnelPort> byKey = new Int2ObjectHashMap<>();
    private final IntHashSet udpPorts = new IntHashSet();
    private final Frame aligned = new Frame();

    Decapsulator(final Underlay underlay) {
        this.underlay = underlay;
    }

    /** @return false if there is one with this VNI or key already */
    boolean add(final TunnelPort tunnel) {
        final TunnelSettings settings = tunnel.settings();
        if (settings.kind() == TunnelKind.GRE) {
            return byKey.putIfAbsent(settings.vni(), tunnel) == null;
        }
        udpPorts.add(settings.udpPort());
        return byVni.putIfAbsent(settings.vni(), tunnel) == null;
    }

    /**
     * Takes what is tunnelled to us and in the usual form: no IP options, no fragment, no error in the IP header.
     *
     * @return false if the frame is anything else, for the station to look at
     */
    boolean onFrame(final Frame frame, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final int at = frame.ethernetAt();
        final int ipAt = at + EthernetHeader.BYTES;
        final int available = frame.length() - EthernetHeader.BYTES;
        if (available < Ipv4Header.BYTES + LEAST_PAYLOAD
                || EthernetHeader.destination(buffer, at) != underlay.mac()
                || !isGsoKnown(VirtioNetHeader.gsoType(buffer, frame.virtioAt()))) {
            return false;
        }
        return switch (EthernetHeader.type(buffer, at)) {
            case EthernetHeader.TYPE_IPV4 -> !underlay.isIpv6() && onIpv4(frame, ipAt, available, now);
            case EthernetHeader.TYPE_IPV6 -> underlay.isIpv6() && onIpv6(frame, ipAt, available, now);
            default -> false;
        };
    }

    private static boolean isGsoKnown(final int type) {
        return type == VirtioNetHeader.GSO_NONE
                || type == VirtioNetHeader.GSO_TCPV4
                || type == VirtioNetHeader.GSO_TCPV6;
    }

    private boolean onIpv4(final Frame frame, final int ipAt, final int available, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final boolean plain = Ipv4Header.check(buffer, ipAt, available) == null
                && Ipv4Header.headerLength(buffer, ipAt) == Ipv4Header.BYTES
                && !Ipv4Header.isFragment(buffer, ipAt)
                && Ipv4Header.destination(buffer, ipAt) == underlay.address()
                && Ipv4Header.source(buffer, ipAt) != underlay.address()
                && !Ipv6Numbers.isIpv6(Ipv4Header.source(buffer, ipAt));
        final int length = Ipv4Header.totalLength(buffer, ipAt) - Ipv4Header.BYTES;
        return plain && onPacket(frame, ipAt, ipAt + Ipv4Header.BYTES, length, Ipv4Header.protocol(buffer, ipAt), now);
    }

    private boolean onIpv6(final Frame frame, final int ipAt, final int available, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final boolean plain = Ipv6Header.check(buffer, ipAt, available) == null
                && underlay.isOurs(Ipv6Header.destinationHigh(buffer, ipAt), Ipv6Header.destinationLow(buffer, ipAt))
                && !underlay.isOurs(Ipv6Header.sourceHigh(buffer, ipAt), Ipv6Header.sourceLow(buffer, ipAt))
                && (Ipv6Header.sourceHigh(buffer, ipAt) | Ipv6Header.sourceLow(buffer, ipAt)) != 0;
        final int length = Ipv6Header.payloadLength(buffer, ipAt);
        return plain
                && onPacket(frame, ipAt, ipAt + Ipv6Header.BYTES, length, Ipv6Header.nextHeader(buffer, ipAt), now);
    }

    private boolean onPacket(
            final Frame frame, final int ipAt, final int at, final int length, final int protocol, final long now) {
        final boolean vxlan = protocol == Ipv4Header.PROTOCOL_UDP
                && length >= UdpHeader.BYTES
                && isTunnelPort(UdpHeader.destinationPort(frame.buffer(), at));
        if (!vxlan && (protocol != Ipv4Header.PROTOCOL_GRE || byKey.isEmpty())) {
            return false;
        }
        underlay.countReceived(frame.length());
        final DropReason reason =
                vxlan ? onDatagram(frame, ipAt, at, length, now) : onGre(frame, ipAt, at, length, now);
        if (reason != null) {
            underlay.dropReceived(reason);
        }
        return true;
    }

    @Override
    public boolean isTunnelPort(final int port) {
        return udpPorts.contains(port);
    }

    @Override
    public DropReason onDatagram(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final DropReason reason = UdpHeader.check(buffer, at, length);
        if (reason != null) {
            return reason;
        }
        if (!isSettled(frame) && !UdpHeader.hasNoChecksum(buffer, at) && !isValid(buffer, ipAt, at)) {
            return DropReason.UDP_CHECKSUM;
        }
        final int vxlanAt = at + UdpHeader.BYTES;
        final int innerLength = UdpHeader.length(buffer, at) - UdpHeader.BYTES - VxlanHeader.BYTES;
        if (innerLength < 0 || !VxlanHeader.hasVni(buffer, vxlanAt)) {
            return DropReason.TUNNEL_MALFORMED;
        }
        final TunnelPort tunnel = byVni.get(VxlanHeader.vni(buffer, vxlanAt));
        if (tunnel == null || tunnel.settings().udpPort() != UdpHeader.destinationPort(buffer, at)) {
            return DropReason.TUNNEL_NETWORK;
        }
        return tunnel.accept(frame, ipAt, vxlanAt + VxlanHeader.BYTES, innerLength, aligned, now);
    }

    /** Where senders leave inner checksums undone, the outer one is right only once they are done; they are looked at. */
    private boolean isSettled(final Frame frame) {
        return underlay.leavesChecksums()
                || (VirtioNetHeader.flags(frame.buffer(), frame.virtioAt()) & CHECKSUM_SETTLED) != 0;
    }

    private static boolean isValid(final ByteBuffer buffer, final int ipAt, final int at) {
        return Ipv6Header.isIpv6(buffer, ipAt)
                ? UdpHeader.checksumValidIpv6(buffer, at, ipAt)
                : UdpHeader.checksumValid(
                        buffer, at, Ipv4Header.source(buffer, ipAt), Ipv4Header.destination(buffer, ipAt));
    }

    @Override
    public DropReason onGre(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        if (byKey.isEmpty()) {
            return DropReason.IP_PROTOCOL;
        }
        final DropReason reason = GreHeader.check(buffer, at, length);
        if (reason != null) {
            return reason;
        }
        if (!isSettled(frame) && !GreHeader.checksumValid(buffer, at, length)) {
            return DropReason.TUNNEL_MALFORMED;
        }
        if (GreHeader.protocol(buffer, at) != GreHeader.TYPE_ETHERNET) {
            return DropReason.TUNNEL_MALFORMED;
        }
        final TunnelPort tunnel = GreHeader.hasKey(buffer, at) ? byKey.get(GreHeader.key(buffer, at)) : null;
        if (tunnel == null) {
            return DropReason.TUNNEL_NETWORK;
        }
        final int headerLength = GreHeader.headerLength(buffer, at);
        return tunnel.accept(frame, ipAt, at + headerLength, length - headerLength, aligned, now);
    }

    @Override
    public boolean onTooBig(
            final ByteBuffer buffer, final int quoted, final int quotedLength, final int mtu, final long now) {
        final boolean ipv6 = underlay.isIpv6();
        final int headerLength = ipv6 ? Ipv6Header.BYTES : Ipv4Header.BYTES;
        final int protocol = ipv6 ? Ipv6Header.nextHeader(buffer, quoted) : Ipv4Header.protocol(buffer, quoted);
        final boolean tunnelled = protocol == Ipv4Header.PROTOCOL_UDP
                ? isTunnelPort(UdpHeader.destinationPort(buffer, quoted + headerLength))
                : protocol == Ipv4Header.PROTOCOL_GRE && !byKey.isEmpty();
        if (!tunnelled || quotedLength < headerLength + LEAST_PAYLOAD) {
            return false;
        }
        return underlay.lowerMtu(underlay.destination(buffer, quoted), mtu, now);
    }
}
