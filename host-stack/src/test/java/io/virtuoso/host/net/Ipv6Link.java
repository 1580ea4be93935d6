package io.virtuoso.host.net;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** A wire path of a network with IPv6, and the bare other end of its wire. */
final class Ipv6Link {
    static final long HIGH = Link.PREFIX6;
    static final long KERNEL = 1;
    static final long GUEST = 2;
    static final int AT = Frame.TRANSPORT_AT_IPV6;

    final WirePort near;
    final WirePort far;
    final WirePath path;
    final Ipv6Numbers numbers = new Ipv6Numbers(1);
    final Frame frame = new Frame();
    final ByteBuffer buffer = frame.buffer();
    /** Of the packets sent. */
    long sourceHigh = HIGH;

    long sourceLow = KERNEL;
    long now = 1;

    Ipv6Link() {
        this((address, port) -> null);
    }

    Ipv6Link(final ListenerLookup listeners) {
        this(listeners, false);
    }

    /** @param shared whether there may be other stations */
    Ipv6Link(final ListenerLookup listeners, final boolean shared) {
        this(listeners, shared, true);
    }

    /** @param hearsQueries whether multicast listener queries come */
    Ipv6Link(final ListenerLookup listeners, final boolean shared, final boolean hearsQueries) {
        near = WirePort.create(new WirePort.Traits(1500, 0, 64, true), () -> now);
        far = near.peer();
        final Port port = new ForwardingPort(near) {
            @Override
            public boolean isShared() {
                return shared;
            }

            @Override
            public boolean wantsGroupReports() {
                return shared;
            }

            @Override
            public boolean hearsGroupQueries() {
                return hearsQueries;
            }
        };
        path = new WirePath(
                port,
                Link.DUAL_NETWORK,
                1,
                TcpConfig.DEFAULTS,
                listeners,
                numbers,
                new SplittableRandom(1),
                Ledger.unread());
        path.addAddress(numbers.takeForEver(HIGH, GUEST));
    }

    /** Writes the header of a packet whose upper part is there, or comes. */
    void writeHeader(final int protocol, final int length, final int hopLimit, final boolean group) {
        Ipv6Header.write(buffer, Frame.NETWORK_AT, 0, length, protocol, hopLimit);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, sourceHigh, sourceLow);
        if (group) {
            Ipv6Header.putDestination(
                    buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, NdMessage.solicitedNodeLow(GUEST));
        } else {
            Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, HIGH, GUEST);
        }
    }

    /** Makes of noise something that comes further: a good checksum, a type that is known, a target that is ours. */
    void repair(final int protocol, final int length, final RandomGenerator random) {
        if (protocol == Ipv4Header.PROTOCOL_TCP && length >= TcpHeader.BYTES) {
            Wire.put8(buffer, AT + 12, 5 + random.nextInt(11) << 4);
            TcpHeader.writeChecksum(
                    buffer, AT, length, Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, protocol, length));
        } else if (protocol == Ipv6Header.PROTOCOL_ICMP && length >= Icmpv6Message.BYTES) {
            Wire.put8(buffer, AT, new int[] {1, 2, 3, 4, 128, 129, 133, 135, 135, 136}[random.nextInt(10)]);
            Wire.put8(buffer, AT + 1, random.nextInt(4) == 0 ? 1 : 0);
            if (length >= NdMessage.BYTES) {
                Wire.put64(buffer, AT + 8, HIGH);
                Wire.put64(buffer, AT + 16, random.nextInt(3));
            }
            Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        } else if (protocol == FragmentHeader.PROTOCOL && length >= FragmentHeader.BYTES) {
            final int next = new int[] {6, 17, 44, 58, 60}[random.nextInt(5)];
            final int offset = random.nextInt(4) * FragmentHeader.UNIT;
            FragmentHeader.write(buffer, AT, next, offset, random.nextBoolean(), random.nextInt(3));
        }
    }

    /** Sends the packet whose header is written; its upper part has so many bytes. */
    void send(final int length, final boolean group) {
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        final long to = group ? NdMessage.multicastMac(NdMessage.solicitedNodeLow(GUEST)) : near.mac();
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, to, far.mac(), EthernetHeader.TYPE_IPV6);
        frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + length);
        far.transmit(frame);
        path.poll(now, 10);
    }

    /** Sends a neighbour solicitation with or without the sender's MAC. */
    void solicit(final long target, final boolean group, final boolean withMac) {
        final int length = withMac ? NdMessage.BYTES_WITH_MAC : NdMessage.BYTES;
        writeHeader(Ipv6Header.PROTOCOL_ICMP, length, NdMessage.HOP_LIMIT, group);
        NdMessage.write(buffer, AT, NdMessage.SOLICITATION, 0, HIGH, target, far.mac());
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        send(length, group);
    }

    /** Sends an advertisement about a station. */
    void advertise(final long target, final long mac, final int flags) {
        writeHeader(Ipv6Header.PROTOCOL_ICMP, NdMessage.BYTES_WITH_MAC, NdMessage.HOP_LIMIT, false);
        NdMessage.write(buffer, AT, NdMessage.ADVERTISEMENT, flags, HIGH, target, mac);
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, NdMessage.BYTES_WITH_MAC);
        send(NdMessage.BYTES_WITH_MAC, false);
    }

    /** Sends an echo request with so many bytes of data. */
    void ping(final int dataBytes) {
        final int length = Icmpv6Message.BYTES + dataBytes;
        writeHeader(Ipv6Header.PROTOCOL_ICMP, length, 64, false);
        Icmpv6Message.writeHeader(buffer, AT, Icmpv6Message.ECHO_REQUEST, 0);
        Wire.put32(buffer, AT + 4, 0x1234_0001);
        for (int i = 0; i < dataBytes; i++) {
            buffer.put(AT + Icmpv6Message.BYTES + i, (byte) i);
        }
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        send(length, false);
    }

    /** Sends a segment without payload. */
    void segment(final int port, final int flags) {
        writeHeader(Ipv4Header.PROTOCOL_TCP, TcpHeader.BYTES, 64, false);
        TcpHeader.write(buffer, AT, 40_000 << 16 | port, 1000, 2000, TcpHeader.BYTES, flags, 100);
        final long pseudo = Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, TcpHeader.BYTES);
        TcpHeader.writeChecksum(buffer, AT, TcpHeader.BYTES, pseudo);
        send(TcpHeader.BYTES, false);
    }

    /** Sends a datagram without payload. */
    void datagram(final int port) {
        writeHeader(Ipv4Header.PROTOCOL_UDP, UdpHeader.BYTES, 64, false);
        UdpHeader.write(buffer, AT, 5000, port, UdpHeader.BYTES);
        final long pseudo = Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_UDP, UdpHeader.BYTES);
        Wire.put16(
                buffer,
                AT + UdpHeader.CHECKSUM,
                Checksum.complete(Checksum.partial(buffer, AT, UdpHeader.BYTES, pseudo)));
        send(UdpHeader.BYTES, false);
    }

    /** Makes the guest's stack know the other end and be sure of it, and forgets the exchange. */
    void introduce() {
        solicit(GUEST, true, true);
        ping(0);
        advertise(KERNEL, far.mac(), NdMessage.SOLICITED | NdMessage.OVERRIDE);
        forgetReceived();
    }

    /** @return true if a frame came, which is then in {@link #frame} */
    boolean received() {
        return far.receive(frame) == Port.RECEIVED;
    }

    void forgetReceived() {
        while (received()) {
            now++;
        }
    }
}
