package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/** Sends Neighbour Discovery messages (RFC 4861 sections 7.2.2 and 7.2.4). */
final class NdOutput {
    private static final int AT = Frame.NETWORK_AT + Ipv6Header.BYTES;
    private static final int BYTES = Ipv6Header.BYTES + NdMessage.BYTES_WITH_MAC;
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;
    private static final long ALL_NODES_LOW = 1;

    private final FrameSender sender;
    private final Ipv6Numbers numbers;
    private final StackCounters counters;
    private final Frame frame = new Frame(EthernetHeader.BYTES + BYTES);
    private final ByteBuffer buffer = frame.buffer();

    NdOutput(final FrameSender sender, final Ipv6Numbers numbers, final StackCounters counters) {
        this.sender = sender;
        this.numbers = numbers;
        this.counters = counters;
    }

    /**
     * Asks for a neighbour's MAC.
     *
     * @param from one of our addresses
     * @param mac  where it was last known; {@link EthernetHeader#BROADCAST}: nowhere, so all that may have the address
     *     are asked
     */
    void solicit(final int from, final int target, final long mac) {
        final long high = numbers.high(target);
        final long low = numbers.low(target);
        if (mac == EthernetHeader.BROADCAST) {
            final long group = NdMessage.solicitedNodeLow(low);
            Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, group);
            send(NdMessage.SOLICITATION, 0, from, high, low, NdMessage.multicastMac(group));
        } else {
            Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, high, low);
            send(NdMessage.SOLICITATION, 0, from, high, low, mac);
        }
    }

    /** Answers a solicitation for one of our addresses, whose sender has this address and MAC. */
    void advertise(final int target, final long toHigh, final long toLow, final long mac) {
        final int flags = NdMessage.SOLICITED | NdMessage.OVERRIDE;
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, toHigh, toLow);
        send(NdMessage.ADVERTISEMENT, flags, target, numbers.high(target), numbers.low(target), mac);
    }

    /** Answers one that asks whether the address is free (RFC 4862 section 5.4): it is not. */
    void advertiseToAll(final int target) {
        final long mac = NdMessage.multicastMac(ALL_NODES_LOW);
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, ALL_NODES_HIGH, ALL_NODES_LOW);
        send(NdMessage.ADVERTISEMENT, NdMessage.OVERRIDE, target, numbers.high(target), numbers.low(target), mac);
    }

    /** Asks whether somebody has an address that we want (RFC 4862 section 5.4.2). */
    void probe(final int target) {
        final long low = numbers.low(target);
        final long group = NdMessage.solicitedNodeLow(low);
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        Ipv6Header.write(buffer, Frame.NETWORK_AT, 0, NdMessage.BYTES, Ipv6Header.PROTOCOL_ICMP, NdMessage.HOP_LIMIT);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, 0, 0);
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, group);
        NdMessage.writeProbe(buffer, AT, numbers.high(target), low);
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, NdMessage.BYTES);
        frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + NdMessage.BYTES);
        counters.count(StackCounter.ND_OUT);
        sender.send(frame, NdMessage.multicastMac(group), EthernetHeader.TYPE_IPV6);
    }

    /** The destination is written already. */
    private void send(
            final int type, final int flags, final int from, final long high, final long low, final long mac) {
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        Ipv6Header.write(
                buffer, Frame.NETWORK_AT, 0, NdMessage.BYTES_WITH_MAC, Ipv6Header.PROTOCOL_ICMP, NdMessage.HOP_LIMIT);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, numbers.high(from), numbers.low(from));
        NdMessage.write(buffer, AT, type, flags, high, low, sender.mac());
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, NdMessage.BYTES_WITH_MAC);
        frame.length(EthernetHeader.BYTES + BYTES);
        counters.count(StackCounter.ND_OUT);
        sender.send(frame, mac, EthernetHeader.TYPE_IPV6);
    }
}
