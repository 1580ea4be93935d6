package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Puts fragments together (RFC 791 section 3.2, RFC 1122 section 3.3.2, RFC 8200 section 4.5), within limits:
 * {@value #MAX_PACKETS} packets at once, the oldest giving way; each for at most {@link #TIMEOUT_NANOS}, which is the time
 * of Linux for IPv4 and half of what RFC 8200 permits. A packet whose fragments overlap is given up (RFC 5722); the same
 * fragment twice does no harm. What a fragment was marked with holds for the packet (RFC 3168 section 5.3). Headers
 * between IPv6's own and the fragment header are not kept.
 */
final class Reassembly {
    static final int MAX_PACKETS = 16;
    /** As Linux's ipfrag_time. */
    static final long TIMEOUT_NANOS = 30_000_000_000L;

    private static final int UNIT = 8;
    private static final int MAX_DATA = Ipv4Header.MAX_PACKET - Ipv4Header.BYTES;
    private static final int MAX_DATA_IPV6 = 65_535;
    private static final int UNKNOWN = -1;

    /** Codepoints of ECN, as bits of a set of them. */
    private static final int NOT_CAPABLE = 1;

    private static final int CONGESTION = 1 << Ipv4Header.ECN;

    private final StackCounters counters;
    private final Packet[] packets = new Packet[MAX_PACKETS];
    private final Fragment fragment = new Fragment();

    /** The fragment at hand, of either family. */
    private static final class Fragment {
        private long sourceHigh;
        private long sourceLow;
        private long destinationHigh;
        private long destinationLow;
        private int identification;
        /** IPv6's do not tell packets apart by it, only the first one's counts. */
        private int protocol;

        private boolean ipv6;
        private int at;
        private int length;
        private int offset;
        private boolean more;
        private int trafficClass;

        private void readIpv4(final ByteBuffer buffer, final int ipAt) {
            final int headerLength = Ipv4Header.headerLength(buffer, ipAt);
            ipv6 = false;
            sourceHigh = 0;
            sourceLow = Ipv4Header.source(buffer, ipAt);
            destinationHigh = 0;
            destinationLow = Ipv4Header.destination(buffer, ipAt);
            identification = Ipv4Header.identification(buffer, ipAt);
            protocol = Ipv4Header.protocol(buffer, ipAt);
            at = ipAt + headerLength;
            length = Ipv4Header.totalLength(buffer, ipAt) - headerLength;
            offset = Ipv4Header.fragmentOffset(buffer, ipAt);
            more = Ipv4Header.moreFragments(buffer, ipAt);
            trafficClass = Ipv4Header.typeOfService(buffer, ipAt);
        }

        private void readIpv6(final ByteBuffer buffer, final int ipAt, final int headerAt) {
            ipv6 = true;
            sourceHigh = Ipv6Header.sourceHigh(buffer, ipAt);
            sourceLow = Ipv6Header.sourceLow(buffer, ipAt);
            destinationHigh = Ipv6Header.destinationHigh(buffer, ipAt);
            destinationLow = Ipv6Header.destinationLow(buffer, ipAt);
            identification = FragmentHeader.identification(buffer, headerAt);
            protocol = FragmentHeader.nextHeader(buffer, headerAt);
            at = headerAt + FragmentHeader.BYTES;
            length = ipAt + Ipv6Header.BYTES + Ipv6Header.payloadLength(buffer, ipAt) - at;
            offset = FragmentHeader.offset(buffer, headerAt);
            more = FragmentHeader.more(buffer, headerAt);
            trafficClass = Ipv6Header.trafficClass(buffer, ipAt);
        }

        private boolean isSound() {
            final int most = ipv6 ? MAX_DATA_IPV6 : MAX_DATA;
            return length != 0 && !(more && length % UNIT != 0) && offset + length <= most;
        }
    }

    /** A packet of which fragments have come. */
    private static final class Packet {
        private final Frame frame = new Frame(Frame.MAX_LENGTH_IPV6);
        private final long[] there = new long[(MAX_DATA_IPV6 / UNIT + Long.SIZE) / Long.SIZE];
        private boolean used;
        private boolean ipv6;
        private long sourceHigh;
        private long sourceLow;
        private long destinationHigh;
        private long destinationLow;
        private int identification;
        private int protocol;
        private int trafficClass;
        private int codepoints;
        private int total;
        private int received;
        private long deadline;

        private void begin(final Fragment first, final long until) {
            used = true;
            ipv6 = first.ipv6;
            sourceHigh = first.sourceHigh;
            sourceLow = first.sourceLow;
            destinationHigh = first.destinationHigh;
            destinationLow = first.destinationLow;
            identification = first.identification;
            protocol = first.protocol;
            trafficClass = 0;
            codepoints = 0;
            total = UNKNOWN;
            received = 0;
            deadline = until;
            Arrays.fill(there, 0);
        }

        private boolean isOf(final Fragment fragment) {
            return used
                    && ipv6 == fragment.ipv6
                    && identification == fragment.identification
                    && sourceLow == fragment.sourceLow
                    && sourceHigh == fragment.sourceHigh
                    && destinationLow == fragment.destinationLow
                    && destinationHigh == fragment.destinationHigh
                    && (ipv6 || protocol == fragment.protocol);
        }

        /** What its header will have: the first fragment's say, and each one's mark. */
        private void note(final Fragment fragment) {
            codepoints |= 1 << (fragment.trafficClass & Ipv4Header.ECN);
            if (fragment.offset == 0) {
                protocol = fragment.protocol;
                trafficClass = fragment.trafficClass;
            }
        }

        /** Some of it was marked, which may be done only to what is capable of it, and some was not capable. */
        private boolean isMarkedInVain() {
            return (codepoints & NOT_CAPABLE) != 0 && (codepoints & CONGESTION) != 0;
        }

        private int trafficClass() {
            return (codepoints & CONGESTION) != 0 ? trafficClass | Ipv4Header.ECN : trafficClass;
        }

        /** @return how many of these units have come before */
        private int countUnits(final int first, final int count) {
            int sum = 0;
            for (int unit = first; unit < first + count; unit++) {
                sum += (int) (there[unit / Long.SIZE] >>> (unit % Long.SIZE) & 1);
            }
            return sum;
        }

        private void markUnits(final int first, final int count) {
            for (int unit = first; unit < first + count; unit++) {
                there[unit / Long.SIZE] |= 1L << (unit % Long.SIZE);
            }
        }
    }

    Reassembly(final StackCounters counters) {
        this.counters = counters;
    }

    /**
     * Takes a fragment of IPv4 whose header has been checked.
     *
     * @return the frame of the whole packet, valid until the next call; null while fragments are missing, or if the packet
     *     was given up, which is counted
     */
    Frame add(final ByteBuffer buffer, final int ipAt, final long now) {
        fragment.readIpv4(buffer, ipAt);
        return add(buffer, now);
    }

    /**
     * The same for IPv6.
     *
     * @param headerAt position of the fragment header
     */
    Frame addIpv6(final ByteBuffer buffer, final int ipAt, final int headerAt, final long now) {
        fragment.readIpv6(buffer, ipAt, headerAt);
        return add(buffer, now);
    }

    private Frame add(final ByteBuffer buffer, final long now) {
        if (!fragment.isSound()) {
            counters.drop(DropReason.IP_FRAGMENT);
            return null;
        }
        final Packet packet = find(now);
        final int length = fragment.length;
        final int offset = fragment.offset;
        final boolean more = fragment.more;
        final int end = offset + length;
        final boolean misfit = packet.total != UNKNOWN && (more ? end > packet.total : end != packet.total);
        final int firstUnit = offset / UNIT;
        final int units = (length + UNIT - 1) / UNIT;
        final int known = packet.countUnits(firstUnit, units);
        if (misfit || known != 0 && known != units || !more && reachesBeyond(packet, firstUnit + units)) {
            packet.used = false;
            counters.drop(DropReason.IP_FRAGMENT);
            return null;
        }
        if (!more) {
            packet.total = end;
        }
        if (known == 0) {
            packet.markUnits(firstUnit, units);
            packet.received += length;
            final int transport = fragment.ipv6 ? Frame.TRANSPORT_AT_IPV6 : Frame.TRANSPORT_AT;
            packet.frame.buffer().put(transport + offset, buffer, fragment.at, length);
            packet.note(fragment);
        }
        if (packet.received == packet.total) {
            return finish(packet);
        }
        counters.count(StackCounter.FRAGMENTS_IN);
        return null;
    }

    /** Something came already that lies behind what now turns out to be the end. */
    private static boolean reachesBeyond(final Packet packet, final int endUnit) {
        return packet.countUnits(endUnit, MAX_DATA_IPV6 / UNIT + 1 - endUnit) != 0;
    }

    private Frame finish(final Packet packet) {
        final ByteBuffer buffer = packet.frame.buffer();
        packet.used = false;
        if (packet.isMarkedInVain()) {
            counters.drop(DropReason.IP_FRAGMENT);
            return null;
        }
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        if (packet.ipv6) {
            final int at = Frame.NETWORK_AT;
            Ipv6Header.write(
                    buffer, at, packet.trafficClass(), packet.total, packet.protocol, Ipv6Header.DEFAULT_HOP_LIMIT);
            Ipv6Header.putSource(buffer, at, packet.sourceHigh, packet.sourceLow);
            Ipv6Header.putDestination(buffer, at, packet.destinationHigh, packet.destinationLow);
            packet.frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + packet.total);
            return packet.frame;
        }
        Ipv4Header.write(
                buffer,
                Frame.NETWORK_AT,
                Ipv4Header.BYTES + packet.total,
                packet.identification,
                packet.protocol,
                (int) packet.sourceLow,
                (int) packet.destinationLow);
        if (packet.trafficClass() != 0) {
            Ipv4Header.putTypeOfService(buffer, Frame.NETWORK_AT, packet.trafficClass());
        }
        packet.frame.length(EthernetHeader.BYTES + Ipv4Header.BYTES + packet.total);
        return packet.frame;
    }

    /** The packet that a fragment belongs to: known, or begun in a free place, or in that of the oldest. */
    private Packet find(final long now) {
        int place = 0;
        for (int i = 0; i < MAX_PACKETS; i++) {
            final Packet packet = packets[i];
            if (packet != null && packet.used && packet.deadline - now <= 0) {
                giveUp(packet);
            }
            if (packet != null && packet.isOf(fragment)) {
                return packet;
            }
            if (isBetter(packet, packets[place])) {
                place = i;
            }
        }
        if (packets[place] == null) {
            packets[place] = new Packet(); // at most so many, kept for ever
        } else if (packets[place].used) {
            giveUp(packets[place]);
        }
        packets[place].begin(fragment, now + TIMEOUT_NANOS);
        return packets[place];
    }

    /** Memory that is there and free, else memory to be had, else the oldest packet's. */
    private static boolean isBetter(final Packet candidate, final Packet present) {
        if (present == null || candidate == null) {
            return present == null ? candidate != null && !candidate.used : present.used;
        }
        return present.used && (!candidate.used || candidate.deadline - present.deadline < 0);
    }

    /** @return packets that wait for fragments and are not too old */
    int incomplete(final long now) {
        int sum = 0;
        for (final Packet packet : packets) {
            sum += packet != null && packet.used && packet.deadline - now > 0 ? 1 : 0;
        }
        return sum;
    }

    private void giveUp(final Packet packet) {
        packet.used = false;
        counters.count(StackCounter.REASSEMBLIES_FAILED);
    }
}
