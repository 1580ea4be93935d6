package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Puts IPv4 fragments together (RFC 791 section 3.2, RFC 1122 section 3.3.2), within limits: {@value #MAX_PACKETS} packets
 * at once, the oldest giving way; each for at most {@link #TIMEOUT_NANOS}. A packet whose fragments overlap is given up
 * (as RFC 5722 has it for IPv6); the same fragment twice does no harm.
 */
final class Reassembly {
    static final int MAX_PACKETS = 16;
    /** As Linux's ipfrag_time. */
    static final long TIMEOUT_NANOS = 30_000_000_000L;

    private static final int UNIT = 8;
    private static final int MAX_DATA = Ipv4Header.MAX_PACKET - Ipv4Header.BYTES;
    private static final int UNKNOWN = -1;

    private final StackCounters counters;
    private final Packet[] packets = new Packet[MAX_PACKETS];

    /** A packet of which fragments have come. */
    private static final class Packet {
        private final Frame frame = new Frame();
        private final long[] there = new long[(MAX_DATA / UNIT + Long.SIZE) / Long.SIZE];
        private boolean used;
        private long addresses;
        private int identification;
        private int protocol;
        private int total;
        private int received;
        private long deadline;

        private void begin(final long bothAddresses, final int id, final int ofProtocol, final long until) {
            used = true;
            addresses = bothAddresses;
            identification = id;
            protocol = ofProtocol;
            total = UNKNOWN;
            received = 0;
            deadline = until;
            Arrays.fill(there, 0);
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
     * Takes a fragment whose header has been checked.
     *
     * @return the frame of the whole packet, valid until the next call; null while fragments are missing, or if the packet
     *     was given up, which is counted
     */
    Frame add(final ByteBuffer buffer, final int ipAt, final long now) {
        final int headerLength = Ipv4Header.headerLength(buffer, ipAt);
        final int length = Ipv4Header.totalLength(buffer, ipAt) - headerLength;
        final int offset = Ipv4Header.fragmentOffset(buffer, ipAt);
        final boolean more = Ipv4Header.moreFragments(buffer, ipAt);
        if (length == 0 || more && length % UNIT != 0 || offset + length > MAX_DATA) {
            counters.drop(DropReason.IP_FRAGMENT);
            return null;
        }
        final Packet packet = find(buffer, ipAt, now);
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
            packet.frame.buffer().put(Frame.TRANSPORT_AT + offset, buffer, ipAt + headerLength, length);
        }
        if (packet.received == packet.total) {
            return finish(packet, buffer, ipAt);
        }
        counters.count(StackCounter.FRAGMENTS_IN);
        return null;
    }

    /** Something came already that lies behind what now turns out to be the end. */
    private static boolean reachesBeyond(final Packet packet, final int endUnit) {
        return packet.countUnits(endUnit, MAX_DATA / UNIT + 1 - endUnit) != 0;
    }

    private static Frame finish(final Packet packet, final ByteBuffer fragment, final int ipAt) {
        final ByteBuffer buffer = packet.frame.buffer();
        packet.used = false;
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        Ipv4Header.write(
                buffer,
                Frame.NETWORK_AT,
                Ipv4Header.BYTES + packet.total,
                packet.identification,
                packet.protocol,
                Ipv4Header.source(fragment, ipAt),
                Ipv4Header.destination(fragment, ipAt));
        packet.frame.length(EthernetHeader.BYTES + Ipv4Header.BYTES + packet.total);
        return packet.frame;
    }

    /** The packet that a fragment belongs to: known, or begun in a free place, or in that of the oldest. */
    private Packet find(final ByteBuffer buffer, final int ipAt, final long now) {
        final long addresses = (long) Ipv4Header.source(buffer, ipAt) << Integer.SIZE
                | Integer.toUnsignedLong(Ipv4Header.destination(buffer, ipAt));
        final int identification = Ipv4Header.identification(buffer, ipAt);
        final int protocol = Ipv4Header.protocol(buffer, ipAt);
        int place = 0;
        for (int i = 0; i < MAX_PACKETS; i++) {
            final Packet packet = packets[i];
            if (packet != null && packet.used && packet.deadline - now <= 0) {
                giveUp(packet);
            }
            if (packet != null
                    && packet.used
                    && packet.addresses == addresses
                    && packet.identification == identification
                    && packet.protocol == protocol) {
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
        packets[place].begin(addresses, identification, protocol, now + TIMEOUT_NANOS);
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
