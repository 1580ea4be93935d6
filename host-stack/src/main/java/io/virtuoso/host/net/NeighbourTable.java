package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.util.ArrayDeque;
import java.util.function.IntConsumer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.IntArrayList;

/**
 * The ARP cache (RFC 826, RFC 1122 section 2.3.2) and the neighbour cache of Neighbour Discovery (RFC 4861 section 7.3)
 * in one: sends IP frames to next hops, asks for MAC addresses not known or old, keeps a few packets meanwhile, and gives
 * up after three questions a second apart. An old one is asked again when the next packet goes to it, without the delay
 * of section 7.3.3.
 */
final class NeighbourTable {
    static final long RETRY_NANOS = 1_000_000_000L;
    static final long REACHABLE_NANOS = 60_000_000_000L;
    static final int MAX_ATTEMPTS = 3;
    static final int MAX_PENDING = 8;
    static final int MAX_NEIGHBOURS = 4096;
    /** Who asks for us by Neighbour Discovery is remembered while there are fewer: it may be anybody. */
    static final int MAX_STRANGERS = MAX_NEIGHBOURS / 4;
    /**
     * Most packets that wait for all neighbours together: a guest may send to thousands of stations that do not exist, and
     * frames lie in memory that the collector gives back late.
     */
    static final int MAX_WAITING = 512;

    /** Longer frames do not wait: TCP sends them again. */
    static final int MAX_PENDING_BYTES = 2048;

    /** Is told that a next hop does not answer. */
    interface Listener {
        void onUnreachable(int nextHop);
    }

    private final FrameSender sender;
    private final Routes routes;
    private final Ipv6Numbers numbers;
    private final NdOutput nd;
    private final DuplicateDetection duplicates;
    private final StackCounters counters;
    private final Int2ObjectHashMap<Neighbour> neighbours = new Int2ObjectHashMap<>();
    private final IntArrayList failed = new IntArrayList();
    /** Frames for packets that wait, while none does in them. */
    private final ArrayDeque<Frame> spare = new ArrayDeque<>();

    private int frames;
    private final Frame arpFrame = new Frame(EthernetHeader.BYTES + ArpPacket.BYTES);
    /** Of these nothing is to be expected. */
    private final NeighbourQueue stale = new NeighbourQueue();
    /** Of these an answer is to be expected; only here a deadline is one for {@link #onTimers}. */
    private final NeighbourQueue asked = new NeighbourQueue();

    private final NeighbourQueue silent = new NeighbourQueue();
    private final NeighbourQueue reachable = new NeighbourQueue();
    private final NeighbourQueue[] queues = {stale, silent, asked, reachable};
    private Listener listener = nextHop -> {};
    private LocalAddresses hairpins;

    NeighbourTable(
            final FrameSender sender,
            final NetworkSettings network,
            final Ipv6Numbers numbers,
            final StackCounters counters,
            final LocalAddresses addresses) {
        this.sender = sender;
        this.routes = new Routes(network, numbers);
        this.numbers = numbers;
        this.nd = new NdOutput(sender, numbers, counters);
        this.counters = counters;
        this.duplicates = new DuplicateDetection(nd, counters, addresses);
    }

    void listener(final Listener newListener) {
        listener = newListener;
    }

    /** Packets for our own addresses go to our own Ethernet address from now on: the port brings them back. */
    void hairpins(final LocalAddresses own) {
        hairpins = own;
    }

    /** @return when {@link #onTimers} has something to do; {@link Long#MAX_VALUE}: never */
    long nextDeadline() {
        final long asks = asked.first() == null ? Long.MAX_VALUE : asked.first().deadline;
        return Math.min(asks, duplicates.nextDeadline());
    }

    /**
     * Sends an IP frame whose virtio and IP headers are written; the Ethernet header is written here.
     *
     * @return false if it was dropped, with a reason counted
     */
    boolean send(final Frame frame, final int source, final int destination, final long now) {
        final int nextHop = routes.nextHop(destination);
        if (nextHop == Routes.NO_ROUTE) {
            counters.drop(DropReason.SEND_NO_ROUTE);
            return false;
        }
        if (duplicates.isUnusable(source)) {
            counters.drop(DropReason.SEND_TENTATIVE);
            return false;
        }
        final Neighbour neighbour = neighbours.get(nextHop);
        if (neighbour != null && neighbour.state == Neighbour.REACHABLE && neighbour.deadline - now > 0) {
            return sender.send(frame, neighbour.mac, type(nextHop));
        }
        if (neighbour == null && isHairpin(nextHop)) {
            return sender.send(frame, sender.mac(), type(nextHop));
        }
        final Neighbour unsure = neighbour != null ? neighbour : add(nextHop, now);
        if (unsure == null) {
            counters.drop(DropReason.SEND_PENDING_FULL);
            return false;
        }
        return sendUnsure(unsure, frame, source, now);
    }

    private boolean isHairpin(final int nextHop) {
        return hairpins != null && hairpins.contains(nextHop);
    }

    private static int type(final int nextHop) {
        return Ipv6Numbers.isIpv6(nextHop) ? EthernetHeader.TYPE_IPV6 : EthernetHeader.TYPE_IPV4;
    }

    private boolean sendUnsure(final Neighbour neighbour, final Frame frame, final int source, final long now) {
        neighbour.askedFrom = source;
        if (neighbour.hasMac()) {
            if (neighbour.state == Neighbour.REACHABLE) {
                neighbour.state = Neighbour.PROBING;
                ask(neighbour, now);
            }
            return sender.send(frame, neighbour.mac, type(neighbour.address));
        }
        if (neighbour.state == Neighbour.FAILED && neighbour.deadline - now > 0) {
            counters.drop(DropReason.SEND_NO_NEIGHBOUR);
            return false;
        }
        final boolean kept = keep(neighbour, frame);
        if (neighbour.state == Neighbour.FAILED || neighbour.attempts == 0) {
            neighbour.state = Neighbour.INCOMPLETE;
            neighbour.attempts = 0;
            ask(neighbour, now);
        }
        return kept;
    }

    private boolean keep(final Neighbour neighbour, final Frame frame) {
        final boolean fits = neighbour.pending.size() < MAX_PENDING && frame.length() <= MAX_PENDING_BYTES;
        final Frame copy = fits ? takeFrame() : null;
        if (copy == null) {
            counters.drop(DropReason.SEND_PENDING_FULL);
            return false;
        }
        copy.copyFrom(frame);
        neighbour.pending.add(copy);
        return true;
    }

    /** @return null if as many packets wait as may */
    private Frame takeFrame() {
        if (!spare.isEmpty() || frames == MAX_WAITING) {
            return spare.poll();
        }
        frames++;
        return new Frame(MAX_PENDING_BYTES);
    }

    /** @return null if IPv6 numbers have run out */
    private Neighbour add(final int nextHop, final long now) {
        if (neighbours.size() >= MAX_NEIGHBOURS) {
            evictOldest(now);
        }
        final int address = numbers.keep(nextHop);
        if (address == Ipv6Numbers.NONE) {
            return null;
        }
        final Neighbour neighbour = new Neighbour(address);
        stale.append(neighbour, now);
        neighbours.put(address, neighbour);
        return neighbour;
    }

    /** The one whose deadline lies furthest back, or else comes first, is of least use. */
    private void evictOldest(final long now) {
        Neighbour oldest = null;
        for (final NeighbourQueue queue : queues) {
            final Neighbour candidate = queue.first();
            if (candidate != null && (oldest == null || candidate.deadline - now < oldest.deadline - now)) {
                oldest = candidate;
            }
        }
        if (oldest != null) {
            dropPending(oldest, DropReason.SEND_PENDING_FULL);
            oldest.queue.remove(oldest);
            neighbours.remove(oldest.address);
        }
    }

    private void ask(final Neighbour neighbour, final long now) {
        neighbour.attempts++;
        asked.append(neighbour, now + RETRY_NANOS);
        final long destination = neighbour.state == Neighbour.PROBING ? neighbour.mac : EthernetHeader.BROADCAST;
        if (Ipv6Numbers.isIpv6(neighbour.address)) {
            nd.solicit(neighbour.askedFrom, neighbour.address, destination);
        } else {
            sendArp(ArpPacket.REQUEST, neighbour.askedFrom, destination, 0, neighbour.address);
        }
    }

    private void sendArp(
            final int operation, final int from, final long destination, final long targetMac, final int target) {
        VirtioNetHeader.writeNone(arpFrame.buffer(), Frame.VIRTIO_AT);
        ArpPacket.write(arpFrame.buffer(), Frame.NETWORK_AT, operation, sender.mac(), from, targetMac, target);
        arpFrame.length(EthernetHeader.BYTES + ArpPacket.BYTES);
        counters.count(StackCounter.ARP_OUT);
        sender.send(arpFrame, destination, EthernetHeader.TYPE_ARP);
    }

    /** Answers a request for one of our addresses. */
    void reply(final int ourAddress, final long mac, final int address) {
        sendArp(ArpPacket.REPLY, ourAddress, mac, mac, address);
    }

    /**
     * Learns from a received ARP packet.
     *
     * @param create true if it was for us, so that an answer to it will likely follow; else only what is known already is
     *     brought up to date
     */
    void learn(final int address, final long mac, final boolean create, final long now) {
        if (!routes.onLink(address)) {
            return;
        }
        Neighbour neighbour = neighbours.get(address);
        if (neighbour == null && create) {
            neighbour = add(address, now);
        }
        if (neighbour != null) {
            onReachable(neighbour, mac, now);
        }
    }

    private void onReachable(final Neighbour neighbour, final long mac, final long now) {
        reachable.append(neighbour, now + REACHABLE_NANOS);
        update(neighbour, mac);
    }

    /** Its address is known, but not whether our packets reach it: the next one asks. */
    private void onSeen(final Neighbour neighbour, final long mac, final long now) {
        stale.append(neighbour, now);
        update(neighbour, mac);
    }

    private void update(final Neighbour neighbour, final long mac) {
        neighbour.mac = mac;
        neighbour.state = Neighbour.REACHABLE;
        neighbour.attempts = 0;
        Frame waiting;
        while ((waiting = neighbour.pending.poll()) != null) {
            sender.send(waiting, mac, type(neighbour.address));
            spare.add(waiting);
        }
    }

    /**
     * Learns from a solicitation for one of our addresses (RFC 4861 section 7.2.3): it shows where its sender is, not that
     * our packets reach it, so that the next one asks. Strangers do not fill the table.
     */
    void onSolicitation(final int address, final long mac, final long now) {
        if (!routes.onLink(address)) {
            return;
        }
        Neighbour neighbour = neighbours.get(address);
        if (neighbour == null && neighbours.size() < MAX_STRANGERS) {
            neighbour = add(address, now);
        }
        if (neighbour != null && !(neighbour.hasMac() && neighbour.mac == mac)) {
            onSeen(neighbour, mac, now);
        }
    }

    /** Learns from an advertisement about a neighbour that is known or asked for (RFC 4861 section 7.2.5). */
    void onAdvertisement(final int address, final long mac, final int flags, final long now) {
        final Neighbour neighbour = neighbours.get(address);
        if (neighbour == null) {
            return;
        }
        final boolean solicited = (flags & NdMessage.SOLICITED) != 0;
        final boolean override = (flags & NdMessage.OVERRIDE) != 0;
        if (neighbour.hasMac() && neighbour.mac != mac && !override) {
            if (neighbour.state == Neighbour.REACHABLE) {
                stale.append(neighbour, now);
            }
        } else if (solicited) {
            onReachable(neighbour, mac, now);
        } else if (!neighbour.hasMac() || neighbour.mac != mac) {
            onSeen(neighbour, mac, now);
        }
    }

    /** @return who looks whether our addresses are ours alone */
    DuplicateDetection duplicates() {
        return duplicates;
    }

    /** @return through which solicitations for our addresses are answered */
    NdOutput nd() {
        return nd;
    }

    /** Calls for the address of each neighbour. */
    void forEachAddress(final IntConsumer consumer) {
        for (final Neighbour neighbour : neighbours.values()) {
            consumer.accept(neighbour.address);
        }
    }

    /** Asks again, or gives up. */
    void onTimers(final long now) {
        duplicates.onTimers(now);
        Neighbour due;
        while ((due = asked.first()) != null && due.deadline - now <= 0) {
            onDeadline(due, now);
        }
        reportFailures();
    }

    private void onDeadline(final Neighbour neighbour, final long now) {
        if (neighbour.attempts < MAX_ATTEMPTS) {
            ask(neighbour, now);
            return;
        }
        neighbour.state = Neighbour.FAILED;
        silent.append(neighbour, now + RETRY_NANOS);
        counters.count(StackCounter.ARP_FAILURES);
        dropPending(neighbour, DropReason.SEND_NO_NEIGHBOUR);
        failed.addInt(neighbour.address);
    }

    /** After the queue's walk is over, because the listener may send packets, and so add neighbours. */
    private void reportFailures() {
        for (int i = 0; i < failed.size(); i++) {
            listener.onUnreachable(failed.getInt(i));
        }
        failed.clear();
    }

    private void dropPending(final Neighbour neighbour, final DropReason reason) {
        Frame dropped;
        while ((dropped = neighbour.pending.poll()) != null) {
            spare.add(dropped);
            counters.drop(reason);
        }
    }

    /** @return the next hop of packets to an address, or {@link Routes#NO_ROUTE} */
    int nextHop(final int destination) {
        return routes.nextHop(destination);
    }

    /** @return true if the next hop of packets to an address is known */
    boolean isKnown(final int destination) {
        final int nextHop = routes.nextHop(destination);
        final Neighbour neighbour = neighbours.get(nextHop);
        return neighbour == null ? isHairpin(nextHop) : neighbour.hasMac();
    }

    /** @return packets that wait for an answer of their next hop */
    int waiting() {
        int sum = 0;
        for (final Neighbour neighbour : neighbours.values()) {
            sum += neighbour.pending.size();
        }
        return sum;
    }

    /** @return neighbours known or asked for */
    int size() {
        return neighbours.size();
    }
}
