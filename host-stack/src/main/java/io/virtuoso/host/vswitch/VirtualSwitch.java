package io.virtuoso.host.vswitch;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.net.StackCounter;
import io.virtuoso.host.net.StackCounters;
import io.virtuoso.host.policy.Direction;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.SoftwareOffload;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.collections.IntHashSet;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * The port of a virtual network with virtual machines: where the guests' wire path, the machines and the network's own port
 * meet. Who is where is known from the configuration; a question for a neighbour goes to whom it is about, and no further.
 * What the machines send is brought to the wire path by {@link #poll}. Stack thread only.
 */
public final class VirtualSwitch implements Port {
    /** A machine's turn ends after so many bytes, so that large frames do not keep others waiting. */
    private static final int MAX_BURST_BYTES = 512 * 1024;

    /** Of one {@link #receive}: the machines' frames are not to keep guests' commands waiting. */
    private static final int MAX_PASSED_ON = 64;

    private final Port own;
    private final int mtu;
    private final long mac;
    private final Place[] places;
    private final Long2ObjectHashMap<Place> byMac = new Long2ObjectHashMap<>();
    private final IntHashSet addresses = new IntHashSet();
    private final StationFilter filter = new StationFilter();
    private final SoftwareOffload offload = new SoftwareOffload();
    private final SoftwareOffload.Segments ownSegments = this::transmitSegment;
    private final StackCounters counters = new StackCounters();
    private final Frame frame = new Frame();
    private Ledger ledger = Ledger.unread();
    private Receiver receiver = (received, now) -> {};

    /** A machine's port and what its packets are asked. */
    private static final class Place {
        final MachinePort port;
        MachinePolicy policy;

        Place(final MachinePort port) {
            this.port = port;
        }

        void charge(final Ledger ledger) {
            if (policy != null) {
                ledger.charge(policy.account());
            }
        }

        /** What a machine sends comes in by its place; it counts as with other guests, from their point of view. */
        void sent(final Frame frame) {
            if (policy != null) {
                policy.account().sent(frame.packets(), frame.length());
            }
        }

        void received(final Frame frame) {
            if (policy != null) {
                policy.account().received(frame.packets(), frame.length());
            }
        }
    }

    /**
     * @param own  the network's own port, closed with this one; null if it has none
     * @param mtu  largest packet of the network, in bytes
     * @param seed makes this station's address where there is no own port; another for each network of a host stack
     */
    public VirtualSwitch(final Port own, final int mtu, final int seed, final List<MachinePort> machines) {
        this.own = own;
        this.mtu = own == null ? mtu : Math.min(mtu, own.mtu());
        // Locally administered, the same after a restart; Fibonacci hashing.
        this.mac = own == null ? 0x0276_0000_0000L | (seed + 1) * 0x9e37_79b9_7f4a_7c15L >>> 32 : own.mac();
        this.places = machines.stream().map(Place::new).toArray(Place[]::new);
        for (final Place place : places) {
            byMac.put(place.port.station().mac(), place);
            addresses.add(place.port.station().address());
        }
    }

    /**
     * Says what the policy is, and who pays; there is neither before.
     *
     * @param policies makes what is asked for each machine
     */
    public void policies(final MachinePolicy.Maker policies, final Ledger bills) {
        ledger = bills;
        for (final Place place : places) {
            place.policy = policies.of(place.port.station());
            nameWhoPays(place.port.station(), place.policy.account());
        }
    }

    private void nameWhoPays(final Station station, final Account account) {
        payer(0, Integer.toUnsignedLong(station.address()), account);
        if (station.hasIpv6()) {
            payer(station.high(), station.low(), account);
        }
    }

    /** Says how a machine that has sent something wakes the stack. */
    public void kicks(final MachinePort.Kicks kicks) {
        for (final Place place : places) {
            place.port.kicks(kicks);
        }
    }

    /** @return what it counts: as received from machines, as sent to machines; any thread */
    public StackCounters counters() {
        return counters;
    }

    // ---- from the machines

    /**
     * Takes what the machines have sent.
     *
     * @param limit of each machine
     * @return frames taken; if none, a machine that sends wakes the stack
     */
    public int poll(final long now, final int limit) {
        int work = 0;
        for (int i = 0; i < places.length; i++) {
            work += poll(places[i], now, limit);
        }
        return work;
    }

    private int poll(final Place place, final long now, final int limit) {
        int taken = 0;
        int bytes = 0;
        int result;
        while (taken < limit && bytes < MAX_BURST_BYTES && (result = place.port.take(frame)) != NONE) {
            taken++;
            if (result != RECEIVED) {
                counters.drop(DropReason.MACHINE_OFFLOAD);
                continue;
            }
            bytes += frame.length();
            place.charge(ledger);
            place.sent(frame);
            counters.count(StackCounter.FRAMES_IN);
            counters.add(StackCounter.BYTES_IN, frame.length());
            drop(fromMachine(place, now));
        }
        return taken;
    }

    /** @return true if a machine has sent something; else one that sends wakes the stack */
    public boolean isWaiting() {
        boolean waiting = false;
        for (int i = 0; i < places.length; i++) {
            waiting |= places[i].port.isWaiting();
        }
        return waiting;
    }

    private void drop(final DropReason reason) {
        if (reason != null) {
            counters.drop(reason);
        }
    }

    private DropReason fromMachine(final Place place, final long now) {
        DropReason reason = filter.check(frame, place.port.station());
        reason = reason != null ? reason : OffloadCheck.check(frame, mtu);
        if (reason != null) {
            return reason;
        }
        final long destination = EthernetHeader.destination(frame.buffer(), Frame.ETHERNET_AT);
        if (EthernetHeader.isGroup(destination)) {
            return questionOf(place, now);
        }
        reason = judge(place, Direction.OUT);
        if (reason != null) {
            return reason;
        }
        if (destination == mac) {
            receiver.onFrame(frame, now);
            return null;
        }
        final Place target = byMac.get(destination);
        if (target != null) {
            reason = judge(target, Direction.IN);
            return reason != null ? reason : give(target, frame);
        }
        return transmitOwn();
    }

    /** A question for a neighbour. */
    private DropReason questionOf(final Place asker, final long now) {
        if (!isQuestion(frame)) {
            return DropReason.MACHINE_GROUP;
        }
        final Place target = askedFor(frame);
        if (target == asker) {
            return DropReason.MACHINE_GROUP; // it looks whether its address is free
        }
        if (target != null) {
            return give(target, frame);
        }
        receiver.onFrame(frame, now);
        return own == null ? null : transmitOwn();
    }

    private DropReason judge(final Place place, final Direction direction) {
        if (place.policy == null || place.policy.isOpen()) {
            return null;
        }
        final int verdict = place.policy.judge(direction, frame);
        if (verdict == Policy.ALLOW) {
            return null;
        }
        return verdict == Policy.DROP ? DropReason.POLICY_DROPPED : DropReason.POLICY_REFUSED;
    }

    /** Cuts what the network's own port cannot. */
    private DropReason transmitOwn() {
        if (own == null) {
            return DropReason.MACHINE_NO_WAY;
        }
        final int type = VirtioNetHeader.gsoType(frame.buffer(), Frame.VIRTIO_AT);
        if (type != VirtioNetHeader.GSO_NONE && !own.segmentationOffload()) {
            offload.cut(frame, ownSegments);
            return null;
        }
        if (!own.checksumOffload()) {
            SoftwareOffload.completeChecksum(frame);
        }
        return own.transmit(frame) ? null : DropReason.SEND_PORT_FULL;
    }

    private void transmitSegment(final Frame segment) {
        if (!own.transmit(segment)) {
            counters.drop(DropReason.SEND_PORT_FULL);
        }
    }

    // ---- to the machines

    private DropReason give(final Place target, final Frame given) {
        final DropReason reason = target.port.give(given);
        if (reason == null) {
            target.received(given);
            counters.count(StackCounter.FRAMES_OUT);
            counters.add(StackCounter.BYTES_OUT, given.length());
        }
        return reason;
    }

    /** @return true if the frame looks for a neighbour, and whom is to be read in it */
    private static boolean isQuestion(final Frame asked) {
        final ByteBuffer buffer = asked.buffer();
        final int available = asked.length() - EthernetHeader.BYTES;
        final int type = available < 0 ? 0 : EthernetHeader.type(buffer, Frame.ETHERNET_AT);
        if (type == EthernetHeader.TYPE_ARP) {
            return ArpPacket.check(buffer, Frame.NETWORK_AT, available) == null;
        }
        final int at = Frame.NETWORK_AT + Ipv6Header.BYTES;
        return type == EthernetHeader.TYPE_IPV6
                && available >= Ipv6Header.BYTES + NdMessage.BYTES
                && Ipv6Header.nextHeader(buffer, Frame.NETWORK_AT) == Ipv6Header.PROTOCOL_ICMP
                && Icmpv6Message.type(buffer, at) == NdMessage.SOLICITATION;
    }

    /** @return the machine that a question is for, or null */
    private Place askedFor(final Frame asked) {
        final ByteBuffer buffer = asked.buffer();
        final boolean arp = EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_ARP;
        final int at = Frame.NETWORK_AT + Ipv6Header.BYTES;
        for (final Place place : places) {
            final Station station = place.port.station();
            final boolean meant = arp
                    ? ArpPacket.targetAddress(buffer, Frame.NETWORK_AT) == station.address()
                    : station.hasIpv6()
                            && NdMessage.targetHigh(buffer, at) == station.high()
                            && NdMessage.targetLow(buffer, at) == station.low();
            if (meant) {
                return place;
            }
        }
        return null;
    }

    /** @return the machine that a frame from elsewhere is for, or null */
    private Place targetOf(final Frame sent) {
        if (sent.length() < EthernetHeader.BYTES) {
            return null;
        }
        final long destination = EthernetHeader.destination(sent.buffer(), Frame.ETHERNET_AT);
        if (!EthernetHeader.isGroup(destination)) {
            return byMac.get(destination);
        }
        return isQuestion(sent) ? askedFor(sent) : null;
    }

    // ---- the wire path's port

    /** {@inheritDoc} What goes to a machine has passed the policy where it began. */
    @Override
    public boolean transmit(final Frame sent) {
        final Place target = targetOf(sent);
        if (target == null) {
            return own == null || own.transmit(sent);
        }
        if (target.policy != null && !target.policy.isOpen()) {
            target.policy.note(sent);
        }
        final DropReason reason = give(target, sent);
        drop(reason);
        return reason == null;
    }

    @Override
    public int receive(final Frame received) {
        int result = NONE;
        for (int i = 0; own != null && i < MAX_PASSED_ON; i++) {
            result = own.receive(received);
            if (result != RECEIVED || !passOn(received)) {
                return result;
            }
        }
        return NONE;
    }

    @Override
    public void deliverTo(final Receiver newReceiver) {
        receiver = newReceiver;
        if (own != null) {
            own.deliverTo((brought, now) -> {
                if (!passOn(brought)) {
                    newReceiver.onFrame(brought, now);
                }
            });
        }
    }

    /** @return true if a frame from the own port was for a machine, or in its name */
    private boolean passOn(final Frame received) {
        if (isImposter(received)) {
            counters.drop(DropReason.MACHINE_ADDRESS);
            return true;
        }
        final Place target = targetOf(received);
        if (target == null) {
            return false;
        }
        target.charge(ledger);
        DropReason reason = null;
        if (target.policy != null && !target.policy.isOpen()) {
            final int verdict = target.policy.judge(Direction.IN, received);
            if (verdict != Policy.ALLOW) {
                reason = verdict == Policy.DROP ? DropReason.POLICY_DROPPED : DropReason.POLICY_REFUSED;
            }
        }
        drop(reason != null ? reason : give(target, received));
        return true;
    }

    /** Nobody outside has a machine's address: policies know machines by it. */
    private boolean isImposter(final Frame received) {
        final ByteBuffer buffer = received.buffer();
        final int available = received.length() - EthernetHeader.BYTES;
        final int type = available < ArpPacket.BYTES ? 0 : EthernetHeader.type(buffer, Frame.ETHERNET_AT);
        if (type == EthernetHeader.TYPE_IPV4) {
            return addresses.contains(Ipv4Header.source(buffer, Frame.NETWORK_AT));
        }
        if (type == EthernetHeader.TYPE_ARP) {
            return addresses.contains(ArpPacket.senderAddress(buffer, Frame.NETWORK_AT));
        }
        if (type != EthernetHeader.TYPE_IPV6 || available < Ipv6Header.BYTES) {
            return false;
        }
        final long high = Ipv6Header.sourceHigh(buffer, Frame.NETWORK_AT);
        final long low = Ipv6Header.sourceLow(buffer, Frame.NETWORK_AT);
        for (final Place place : places) {
            final Station station = place.port.station();
            if (station.hasIpv6() && station.high() == high && station.low() == low) {
                return true;
            }
        }
        return false;
    }

    /** {@inheritDoc} Machines are told what has come and gone. */
    @Override
    public void flush() {
        if (own != null) {
            own.flush();
        }
        for (int i = 0; i < places.length; i++) {
            places[i].port.flush();
        }
    }

    @Override
    public boolean fallAsleep() {
        return own == null || own.fallAsleep();
    }

    @Override
    public void wokeUp() {
        if (own != null) {
            own.wokeUp();
        }
    }

    @Override
    public void payer(final long high, final long low, final Account account) {
        if (own != null) {
            own.payer(high, low, account);
        }
    }

    @Override
    public void nobodyPays(final long high, final long low) {
        if (own != null) {
            own.nobodyPays(high, low);
        }
    }

    /** {@inheritDoc} The machines' are watched by {@link #kicks}. */
    @Override
    public int fd() {
        return own == null ? -1 : own.fd();
    }

    @Override
    public int mtu() {
        return own == null ? mtu : own.mtu();
    }

    @Override
    public long mac() {
        return mac;
    }

    /** {@inheritDoc} For machines it is done where their drivers do not. */
    @Override
    public boolean checksumOffload() {
        return own == null || own.checksumOffload();
    }

    @Override
    public boolean segmentationOffload() {
        return own == null || own.segmentationOffload();
    }

    @Override
    public boolean leavesChecksums() {
        return own != null && own.leavesChecksums();
    }

    @Override
    public long missed() {
        return own == null ? 0 : own.missed();
    }

    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
    }
}
