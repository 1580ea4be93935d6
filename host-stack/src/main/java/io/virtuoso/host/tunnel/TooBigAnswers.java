package io.virtuoso.host.tunnel;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * What the senders of packets that the tunnel's way does not carry are told, as a router on that way would (RFC 4459
 * section 3.2): ICMP with the largest size that fits, in the name of the packet's destination. They wait here until the
 * network's wire path receives again, for it must not be called while it sends. When there is no room they are not sent:
 * the next large packet makes another.
 */
final class TooBigAnswers {
    static final int MAX = 4;

    private static final int MAX_PACKET = 576;
    private static final int ICMP_AT = Frame.TRANSPORT_AT;
    private static final int ICMPV6_AT = Frame.TRANSPORT_AT_IPV6;

    private final Frame[] frames = new Frame[MAX];
    private int first;
    private int waiting;

    TooBigAnswers() {
        for (int i = 0; i < MAX; i++) {
            frames[i] = new Frame(EthernetHeader.BYTES + Ipv6Header.MIN_MTU);
        }
    }

    boolean isEmpty() {
        return waiting == 0;
    }

    /** Takes the oldest one. @return false if there is none */
    boolean take(final Frame frame) {
        if (waiting == 0) {
            return false;
        }
        frame.copyFrom(frames[first]);
        first = (first + 1) % MAX;
        waiting--;
        return true;
    }

    /**
     * Makes one for a frame.
     *
     * @param mtu largest IP packet that the way carries, in bytes
     */
    void add(final Frame frame, final int mtu) {
        if (waiting == MAX) {
            return;
        }
        final Frame answer = frames[(first + waiting) % MAX];
        final boolean made = switch (EthernetHeader.type(frame.buffer(), Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_IPV4 -> ipv4(frame, answer, mtu);
            case EthernetHeader.TYPE_IPV6 -> ipv6(frame, answer, Math.max(mtu, Ipv6Header.MIN_MTU));
            default -> false;
        };
        if (made) {
            waiting++;
        }
    }

    private static boolean ipv4(final Frame frame, final Frame answer, final int mtu) {
        final ByteBuffer packet = frame.buffer();
        if (!Ipv4Header.dontFragment(packet, Frame.NETWORK_AT)) {
            return false;
        }
        final int from = Ipv4Header.destination(packet, Frame.NETWORK_AT);
        final int to = Ipv4Header.source(packet, Frame.NETWORK_AT);
        final ByteBuffer buffer = answer.buffer();
        final int quoted = Math.min(
                Ipv4Header.totalLength(packet, Frame.NETWORK_AT), MAX_PACKET - Ipv4Header.BYTES - IcmpMessage.BYTES);
        final int length = IcmpMessage.BYTES + quoted;
        buffer.put(ICMP_AT + IcmpMessage.BYTES, packet, Frame.NETWORK_AT, quoted);
        IcmpMessage.writeFragmentationNeeded(buffer, ICMP_AT, mtu, length);
        Ipv4Header.write(buffer, Frame.NETWORK_AT, Ipv4Header.BYTES + length, 0, Ipv4Header.PROTOCOL_ICMP, from, to);
        finish(packet, answer, EthernetHeader.TYPE_IPV4, Ipv4Header.BYTES + length);
        return true;
    }

    private static boolean ipv6(final Frame frame, final Frame answer, final int mtu) {
        final ByteBuffer packet = frame.buffer();
        final int packetLength = Ipv6Header.BYTES + Ipv6Header.payloadLength(packet, Frame.NETWORK_AT);
        if (packetLength <= mtu) {
            return false; // smaller than what every link has to carry: nothing would help
        }
        final ByteBuffer buffer = answer.buffer();
        final int quoted = Math.min(packetLength, Ipv6Header.MIN_MTU - Ipv6Header.BYTES - Icmpv6Message.BYTES);
        final int length = Icmpv6Message.BYTES + quoted;
        buffer.put(ICMPV6_AT + Icmpv6Message.BYTES, packet, Frame.NETWORK_AT, quoted);
        Icmpv6Message.writePacketTooBig(buffer, ICMPV6_AT, mtu);
        Ipv6Header.write(buffer, Frame.NETWORK_AT, 0, length, Ipv6Header.PROTOCOL_ICMP, Ipv6Header.DEFAULT_HOP_LIMIT);
        Ipv6Header.putSource(
                buffer,
                Frame.NETWORK_AT,
                Ipv6Header.destinationHigh(packet, Frame.NETWORK_AT),
                Ipv6Header.destinationLow(packet, Frame.NETWORK_AT));
        Ipv6Header.putDestination(
                buffer,
                Frame.NETWORK_AT,
                Ipv6Header.sourceHigh(packet, Frame.NETWORK_AT),
                Ipv6Header.sourceLow(packet, Frame.NETWORK_AT));
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, ICMPV6_AT, length);
        finish(packet, answer, EthernetHeader.TYPE_IPV6, Ipv6Header.BYTES + length);
        return true;
    }

    private static void finish(final ByteBuffer packet, final Frame answer, final int type, final int length) {
        final long sender = EthernetHeader.source(packet, Frame.ETHERNET_AT);
        final long receiver = EthernetHeader.destination(packet, Frame.ETHERNET_AT);
        EthernetHeader.write(answer.buffer(), Frame.ETHERNET_AT, sender, receiver, type);
        VirtioNetHeader.writeNone(answer.buffer(), Frame.VIRTIO_AT);
        answer.length(EthernetHeader.BYTES + length);
    }
}
