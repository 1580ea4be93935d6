package io.virtuoso.host.tunnel;

import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.NetworkSettings;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.GreHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.VxlanHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** An underlay on a wire, and the bare other end of that wire: what a test sends is what it writes. */
final class UnderlayLink {
    static final int US = 0xc000_0201;
    static final int PEER = 0xc000_0202;
    static final int OTHER = 0xc000_0203;
    static final long HIGH6 = 0x2001_0db8_0000_0000L;
    static final long STATION = 0x0200_0000_aaaaL;

    final WirePort near;
    final WirePort far;
    final Ipv6Numbers numbers = new Ipv6Numbers(1);
    final Underlay underlay;
    final boolean ipv6;
    final Frame frame = new Frame();
    final ByteBuffer buffer = frame.buffer();
    /** Frames that came for networks, in their order. */
    final List<byte[]> delivered = new ArrayList<>();

    final List<TunnelPort> receivers = new ArrayList<>();
    long now = 1;

    UnderlayLink(final boolean ipv6) {
        this.ipv6 = ipv6;
        near = WirePort.create(new WirePort.Traits(1500, 0, 64, true), () -> now);
        far = near.peer();
        final NetworkSettings settings = ipv6
                ? NetworkSettings.ofIpv6(new NetworkSettings.Ipv6(HIGH6, 0, 64, 0, 0))
                : new NetworkSettings(US & -1 << 8, 24, 0);
        final int address = ipv6 ? numbers.takeForEver(HIGH6, 1) : US;
        underlay = new Underlay(near, settings, address, numbers, new SplittableRandom(5));
    }

    /** @return the peer's address as the underlay has it */
    int peer() {
        return ipv6 ? underlay.number(HIGH6, 2) : PEER;
    }

    int other() {
        return ipv6 ? underlay.number(HIGH6, 3) : OTHER;
    }

    TunnelPort tunnel(final TunnelKind kind, final int vni, final boolean learn) {
        final int port = kind == TunnelKind.VXLAN ? VxlanHeader.DEFAULT_PORT : 0;
        final TunnelPort tunnel = underlay.open(new TunnelSettings(kind, vni, port, 1500, learn));
        tunnel.deliverTo((inner, when) -> {
            final byte[] bytes = new byte[inner.length()];
            inner.buffer().get(Frame.ETHERNET_AT, bytes);
            delivered.add(bytes);
            receivers.add(tunnel);
        });
        return tunnel;
    }

    void poll() {
        underlay.wokeUp();
        underlay.poll(now, 100);
    }

    /** Lets the underlay know where IPv4 stations are. */
    void introduce() {
        for (final int station : new int[] {PEER, OTHER}) {
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            ArpPacket.write(buffer, Frame.NETWORK_AT, ArpPacket.REQUEST, far.mac(), station, 0, US);
            EthernetHeader.write(
                    buffer, Frame.ETHERNET_AT, EthernetHeader.BROADCAST, far.mac(), EthernetHeader.TYPE_ARP);
            frame.length(EthernetHeader.BYTES + ArpPacket.BYTES);
            far.transmit(frame);
        }
        poll();
        while (received()) {
            now++;
        }
    }

    /** @return true if a frame came, which is then in {@link #frame} */
    boolean received() {
        return far.receive(frame) == Port.RECEIVED;
    }

    /** Writes an inner frame with an IPv4 packet of so many bytes, numbered so that frames differ. */
    void inner(final long destination, final long source, final int ipLength) {
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, destination, source, EthernetHeader.TYPE_IPV4);
        for (int i = Frame.TRANSPORT_AT; i < Frame.NETWORK_AT + ipLength; i++) {
            Wire.put8(buffer, i, i * 7 + ipLength);
        }
        Ipv4Header.write(buffer, Frame.NETWORK_AT, ipLength, 7, Ipv4Header.PROTOCOL_TCP, 0x0a01_0002, 0x0a01_0003);
        frame.length(EthernetHeader.BYTES + ipLength);
    }

    byte[] bytes() {
        final byte[] bytes = new byte[frame.length()];
        buffer.get(frame.ethernetAt(), bytes);
        return bytes;
    }

    /** Puts VXLAN and UDP in front of {@link #frame}. */
    void wrapVxlan(final int vni, final int port, final int source) {
        frame.prepend(VxlanHeader.BYTES);
        VxlanHeader.write(buffer, frame.ethernetAt(), vni);
        frame.prepend(UdpHeader.BYTES);
        UdpHeader.write(buffer, frame.ethernetAt(), 50_000, port, frame.length());
        wrapIpv4(Ipv4Header.PROTOCOL_UDP, source);
    }

    void wrapGre(final int key, final int source) {
        frame.prepend(GreHeader.BYTES_WITH_KEY);
        GreHeader.write(buffer, frame.ethernetAt(), key);
        wrapIpv4(Ipv4Header.PROTOCOL_GRE, source);
    }

    void wrapIpv4(final int protocol, final int source) {
        frame.prepend(Ipv4Header.BYTES);
        Ipv4Header.write(buffer, frame.ethernetAt(), frame.length(), 1, protocol, source, US);
        wrapEthernet(EthernetHeader.TYPE_IPV4);
    }

    void wrapEthernet(final int type) {
        frame.prepend(EthernetHeader.BYTES);
        EthernetHeader.write(buffer, frame.ethernetAt(), near.mac(), far.mac(), type);
        VirtioNetHeader.writeNone(buffer, frame.virtioAt());
    }

    /** Sends {@link #frame}, which begins at the beginning again after that. */
    void send() {
        far.transmit(frame);
        frame.expectOuter(0);
        poll();
    }

    /** Sends the underlay an IPv4 packet that was written from {@link Frame#NETWORK_AT} on. */
    void sendIpv4(final int ipLength) {
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, near.mac(), far.mac(), EthernetHeader.TYPE_IPV4);
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        frame.length(EthernetHeader.BYTES + ipLength);
        send();
    }

    void sendVxlan(final int vni, final int source) {
        wrapVxlan(vni, VxlanHeader.DEFAULT_PORT, source);
        send();
    }

    /** @return position behind the outer IP header of a received frame */
    int outerPayload() {
        return Frame.NETWORK_AT + (ipv6 ? Ipv6Header.BYTES : Ipv4Header.BYTES);
    }

    /** Does what a port does with a checksum that was left to it. */
    static void completeChecksum(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        if ((VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT) & VirtioNetHeader.NEEDS_CHECKSUM) == 0) {
            return;
        }
        final int start = Frame.ETHERNET_AT + VirtioNetHeader.checksumStart(buffer, Frame.VIRTIO_AT);
        final int field = start + VirtioNetHeader.checksumOffset(buffer, Frame.VIRTIO_AT);
        Wire.put16(buffer, field, Checksum.complete(Checksum.partial(buffer, start, frame.end() - start, 0)));
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
    }
}
