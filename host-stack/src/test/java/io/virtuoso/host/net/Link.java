package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.util.SplittableRandom;

/** A wire path on a wire, and the bare other end of that wire: what a test sends is what it writes. */
final class Link {
    static final int KERNEL = 0x0a58_0001;
    static final int GUEST = 0x0a58_0002;
    static final int OTHER_GUEST = 0x0a58_0003;
    static final NetworkSettings NETWORK = new NetworkSettings(0x0a58_0000, 16, KERNEL);

    /** Of fd00:88::/64, where stations have the numbers that they have in 10.88.0.0/16. */
    static final long PREFIX6 = 0xfd00_0088_0000_0000L;

    static final NetworkSettings DUAL_NETWORK = new NetworkSettings(
            0x0a58_0000, 16, KERNEL, new NetworkSettings.Ipv6(PREFIX6, 0, 64, PREFIX6, KERNEL & 0xffff));

    final WirePort near;
    final WirePort far;
    final WirePath path;
    final Frame frame = new Frame();
    long now = 1;

    Link(final ListenerLookup listeners) {
        near = WirePort.create(new WirePort.Traits(1500, 0, 64, true), () -> now);
        far = near.peer();
        path = new WirePath(near, NETWORK, 1, TcpConfig.DEFAULTS, listeners, new SplittableRandom(1));
        path.addAddress(GUEST);
    }

    Link() {
        this((address, port) -> null);
    }

    /** Sends the frame, of which everything behind the Ethernet header is written already. */
    void send(final int type, final long destination, final int networkLength) {
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        sendAsIs(type, destination, networkLength);
    }

    void sendAsIs(final int type, final long destination, final int networkLength) {
        EthernetHeader.write(frame.buffer(), Frame.ETHERNET_AT, destination, far.mac(), type);
        frame.length(EthernetHeader.BYTES + networkLength);
        far.transmit(frame);
        path.poll(now, 10);
    }

    void sendArp(final int operation, final int sender, final int target, final long destination) {
        ArpPacket.write(frame.buffer(), Frame.NETWORK_AT, operation, far.mac(), sender, 0, target);
        send(EthernetHeader.TYPE_ARP, destination, ArpPacket.BYTES);
    }

    /** Sends an IP packet whose transport part is written already. */
    void sendIp(final int protocol, final int source, final int destination, final int length) {
        final int total = Ipv4Header.BYTES + length;
        Ipv4Header.write(frame.buffer(), Frame.NETWORK_AT, total, 1, protocol, source, destination);
        send(EthernetHeader.TYPE_IPV4, near.mac(), total);
    }

    /** Makes the guest's stack know the other end, and forgets the exchange. */
    void introduce() {
        sendArp(ArpPacket.REQUEST, KERNEL, GUEST, EthernetHeader.BROADCAST);
        received();
    }

    /** @return true if a frame came, which is then in {@link #frame} */
    boolean received() {
        return far.receive(frame) == Port.RECEIVED;
    }

    int type() {
        return EthernetHeader.type(frame.buffer(), Frame.ETHERNET_AT);
    }
}
