package io.virtuoso.host.net;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.UdpHeader;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;

/**
 * A station with one address on a port, where tunnels begin and end: resolves its neighbours, answers ARP, Neighbour
 * Discovery and echo requests, says that UDP ports are closed, puts fragments together, and hands what is tunnelled to its
 * {@link Upper}. Speaks no TCP; bills nobody, its owner does. Addresses are ints, see {@link Ipv6Numbers}. One thread.
 */
public final class IpStation {
    /** Takes what is tunnelled. */
    public interface Upper {
        /** @return true if UDP datagrams to this port carry frames */
        boolean isTunnelPort(int port);

        /**
         * A UDP datagram to such a port.
         *
         * @param ipAt position of the IP header
         * @param at position behind the IP header
         * @param length bytes behind the IP header
         * @return null, or why the packet was dropped
         */
        DropReason onDatagram(Frame frame, int ipAt, int at, int length, long now);

        /** A packet of GRE; else as {@link #onDatagram}. */
        DropReason onGre(Frame frame, int ipAt, int at, int length, long now);

        /**
         * A router says that a packet was too large for the next link.
         *
         * @param quoted position of the IP header of that packet, which seems to be ours
         * @param quotedLength bytes of it that are there, 28 at least
         * @param mtu of the next link, in bytes; 0: not said
         * @return false if the packet was none of ours
         */
        boolean onTooBig(ByteBuffer buffer, int quoted, int quotedLength, int mtu, long now);
    }

    /** What an error must quote of the payload behind the IP header. */
    private static final int QUOTED_BYTES = 8;

    private final LocalAddresses addresses = new LocalAddresses(Ledger.unread());
    private final int address;
    private final Ipv6Numbers numbers;
    private final StackCounters counters;
    private final Upper upper;
    private final NeighbourTable neighbours;
    private final UdpInput udp;
    private final IcmpInput icmp;
    private final Icmpv6Input icmpv6;
    private final IpInput input;

    /**
     * Makes a station.
     *
     * @param network that the port is in
     * @param address its own, an IPv4 address or a number of {@code numbers}
     * @param numbers of this station and its neighbours; these are held from here
     * @param counters what happens to packets is counted there
     */
    public IpStation(
            final Port port,
            final NetworkSettings network,
            final int address,
            final Ipv6Numbers numbers,
            final StackCounters counters,
            final Upper upper) {
        this.address = address;
        this.numbers = numbers;
        this.counters = counters;
        this.upper = upper;
        addresses.add(address);
        if (Ipv6Numbers.isIpv6(address)) {
            port.join(NdMessage.multicastMac(NdMessage.solicitedNodeLow(numbers.low(address))));
        }
        neighbours = new NeighbourTable(
                new FrameSender(port, counters, Ledger.unread()), network, numbers, counters, addresses);
        final IcmpOutput errors = new IcmpOutput(neighbours, counters, numbers);
        udp = new UdpInput(counters, errors, numbers);
        final PacketSender packets = new PacketSender(neighbours, numbers, port.mtu(), 0);
        icmp = new IcmpInput(packets, errors, counters, IpStation::isAboutNothing);
        icmpv6 = new Icmpv6Input(addresses, neighbours, counters, IpStation::isAboutNothing, numbers, packets);
        final IpInput.Ipv6 ipv6 = new IpInput.Ipv6(network.ipv6() != null, numbers, this::onIcmpv6);
        input = new IpInput(
                addresses, neighbours, counters, port.mac(), IpStation::onTcp, this::onUdp, new OnIcmp(), ipv6);
        input.gre(upper::onGre);
        numbers.addHolder(this::forEachNumber);
    }

    private void forEachNumber(final IntConsumer consumer) {
        neighbours.forEachAddress(consumer);
    }

    private static boolean isAboutNothing(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final int sequence,
            final int errno,
            final int nextHopMtu,
            final long now) {
        return false;
    }

    private static DropReason onTcp(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        return DropReason.IP_PROTOCOL;
    }

    private DropReason onUdp(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final boolean tunnelled =
                length >= UdpHeader.BYTES && upper.isTunnelPort(UdpHeader.destinationPort(frame.buffer(), at));
        return tunnelled ? upper.onDatagram(frame, ipAt, at, length, now) : udp.onPacket(frame, ipAt, at, length, now);
    }

    private final class OnIcmp implements IpInput.Transport {
        @Override
        public DropReason onPacket(final Frame frame, final int ipAt, final int at, final int length, final long now) {
            return onIcmp(frame, ipAt, at, length, now);
        }

        @Override
        public void onBadOption(final Frame frame, final int ipAt, final int pointer, final long now) {
            icmp.onBadOption(frame, ipAt, pointer, now);
        }
    }

    private DropReason onIcmp(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final int quoted = at + IcmpMessage.BYTES;
        final int quotedLength = length - IcmpMessage.BYTES;
        if (quotedLength < Ipv4Header.BYTES + QUOTED_BYTES
                || IcmpMessage.type(buffer, at) != IcmpMessage.UNREACHABLE
                || IcmpMessage.code(buffer, at) != IcmpMessage.CODE_FRAGMENTATION_NEEDED) {
            return icmp.onPacket(frame, ipAt, at, length, now);
        }
        final DropReason reason = IcmpMessage.check(buffer, at, length);
        if (reason != null) {
            return reason;
        }
        if (Ipv4Header.source(buffer, quoted) != address
                || Ipv4Header.headerLength(buffer, quoted) != Ipv4Header.BYTES) {
            return DropReason.ICMP_NO_FLOW;
        }
        return tooBig(buffer, quoted, quotedLength, IcmpMessage.nextHopMtu(buffer, at), now);
    }

    private DropReason onIcmpv6(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final int quoted = at + Icmpv6Message.BYTES;
        final int quotedLength = length - Icmpv6Message.BYTES;
        if (quotedLength < Ipv6Header.BYTES + QUOTED_BYTES
                || Icmpv6Message.type(buffer, at) != Icmpv6Message.PACKET_TOO_BIG) {
            return icmpv6.onPacket(frame, ipAt, at, length, now);
        }
        final DropReason reason = Icmpv6Message.check(buffer, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        if (numbers.find(Ipv6Header.sourceHigh(buffer, quoted), Ipv6Header.sourceLow(buffer, quoted)) != address) {
            return DropReason.ICMP_NO_FLOW;
        }
        return tooBig(buffer, quoted, quotedLength, Icmpv6Message.mtu(buffer, at), now);
    }

    private DropReason tooBig(
            final ByteBuffer buffer, final int quoted, final int quotedLength, final int mtu, final long now) {
        if (!upper.onTooBig(buffer, quoted, quotedLength, mtu, now)) {
            return DropReason.ICMP_NO_FLOW;
        }
        counters.count(StackCounter.ICMP_ERRORS_IN);
        return null;
    }

    /** @return the station's own address */
    public int address() {
        return address;
    }

    /** Takes a frame that begins at {@link Frame#ETHERNET_AT}. */
    public void onFrame(final Frame frame, final long now) {
        input.onFrame(frame, now);
    }

    /**
     * Sends an IP frame whose virtio and IP headers are written; the Ethernet header is written here.
     *
     * @return false if it was dropped, with a reason counted
     */
    public boolean send(final Frame frame, final int destination, final long now) {
        return neighbours.send(frame, address, destination, now);
    }

    /** Does what is due. */
    public void onTimers(final long now) {
        neighbours.onTimers(now);
    }

    /** @return no later than when {@link #onTimers} is needed; {@link Long#MAX_VALUE}: never */
    public long nextDeadlineNs() {
        return neighbours.nextDeadline();
    }
}
