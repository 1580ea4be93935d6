package io.virtuoso.host.port;

import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.util.SplittableRandom;

/**
 * A port that loses, duplicates, reorders and corrupts frames, in both directions, reproducibly for a seed. ARP and
 * ICMPv6 are spared, because retries of questions are slow and not what is tested.
 *
 * <p>A reordered frame is held back until the next one has passed; {@code receive} brings a held frame at the latest
 * when nothing else is there for the second time in a row.
 */
public final class LossPort extends ForwardingPort {
    /**
     * How often which harm is done.
     *
     * @param loss frames lost, 0.0-1.0
     * @param duplication frames that arrive twice
     * @param reordering frames that let the next one pass
     * @param corruption frames of which a bit is changed behind the Ethernet header; switches transmit offloads off,
     *     because without checksum nobody could notice
     */
    public record Rates(double loss, double duplication, double reordering, double corruption) {
        /** Checks the ranges. */
        public Rates {
            check(loss);
            check(duplication);
            check(reordering);
            check(corruption);
        }

        private static void check(final double rate) {
            if (!(rate >= 0.0 && rate <= 1.0)) {
                throw new IllegalArgumentException("a rate is between 0.0 and 1.0, not " + rate);
            }
        }
    }

    private final Rates rates;
    private final SplittableRandom random;
    private final Lane inbound = new Lane();
    private final Lane outbound = new Lane();
    private long lost;
    private long duplicated;
    private long reordered;
    private long corrupted;

    /** One direction: a frame held back, and one to be seen again. */
    private static final class Lane {
        final Frame held = new Frame();
        final Frame again = new Frame();
        boolean holding;
        boolean repeating;
        int idle;
    }

    public LossPort(final Port port, final Rates rates, final long seed) {
        super(port);
        this.rates = rates;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public int receive(final Frame frame) {
        if (inbound.repeating) {
            inbound.repeating = false;
            frame.copyFrom(inbound.again);
            return RECEIVED;
        }
        while (true) {
            final int result = port.receive(frame);
            if (result != RECEIVED) {
                flushOutbound();
                return releaseWhenIdle(frame, result);
            }
            inbound.idle = 0;
            if (spared(frame)) {
                return RECEIVED;
            }
            if (hit(rates.loss)) {
                lost++;
                continue;
            }
            corrupt(frame);
            if (!inbound.holding && hit(rates.reordering)) {
                reordered++;
                inbound.held.copyFrom(frame);
                inbound.holding = true;
                continue;
            }
            repeatLater(frame);
            return RECEIVED;
        }
    }

    /** {@inheritDoc} Frames that come by themselves are treated alike. */
    @Override
    public void deliverTo(final Receiver receiver) {
        port.deliverTo((frame, now) -> bring(receiver, frame, now));
    }

    private void bring(final Receiver receiver, final Frame frame, final long now) {
        if (spared(frame)) {
            receiver.onFrame(frame, now);
            return;
        }
        if (hit(rates.loss)) {
            lost++;
            return;
        }
        corrupt(frame);
        if (!inbound.holding && hit(rates.reordering)) {
            reordered++;
            inbound.held.copyFrom(frame);
            inbound.holding = true;
            return;
        }
        repeatLater(frame);
        receiver.onFrame(frame, now);
        if (inbound.repeating) {
            inbound.repeating = false;
            receiver.onFrame(inbound.again, now);
        }
    }

    private void repeatLater(final Frame frame) {
        if (inbound.holding) {
            inbound.holding = false;
            inbound.again.copyFrom(inbound.held);
            inbound.repeating = true;
        } else if (hit(rates.duplication)) {
            duplicated++;
            inbound.again.copyFrom(frame);
            inbound.repeating = true;
        }
    }

    private int releaseWhenIdle(final Frame frame, final int result) {
        if (inbound.holding && ++inbound.idle >= 2) {
            inbound.holding = false;
            inbound.idle = 0;
            frame.copyFrom(inbound.held);
            return RECEIVED;
        }
        return result;
    }

    @Override
    public boolean transmit(final Frame frame) {
        if (spared(frame)) {
            return port.transmit(frame);
        }
        if (hit(rates.loss)) {
            lost++;
            return true;
        }
        corrupt(frame);
        if (!outbound.holding && hit(rates.reordering)) {
            reordered++;
            outbound.held.copyFrom(frame);
            outbound.holding = true;
            outbound.idle = 0;
            return true;
        }
        if (hit(rates.duplication)) {
            duplicated++;
            port.transmit(frame);
        }
        final boolean sent = port.transmit(frame);
        releaseOutbound();
        return sent;
    }

    private void flushOutbound() {
        if (outbound.holding && ++outbound.idle >= 2) {
            releaseOutbound();
        }
    }

    private void releaseOutbound() {
        if (outbound.holding) {
            outbound.holding = false;
            port.transmit(outbound.held);
        }
    }

    private static boolean spared(final Frame frame) {
        if (frame.length() <= EthernetHeader.BYTES) {
            return true;
        }
        final int type = EthernetHeader.type(frame.buffer(), frame.ethernetAt());
        return type == EthernetHeader.TYPE_IPV6
                ? Ipv6Header.nextHeader(frame.buffer(), frame.ethernetAt() + EthernetHeader.BYTES)
                        == Ipv6Header.PROTOCOL_ICMP
                : type != EthernetHeader.TYPE_IPV4;
    }

    private boolean hit(final double rate) {
        return rate > 0.0 && random.nextDouble() < rate;
    }

    private void corrupt(final Frame frame) {
        if (!hit(rates.corruption)) {
            return;
        }
        corrupted++;
        completeChecksum(frame);
        final int first = frame.ethernetAt() + EthernetHeader.BYTES;
        final int at = first + random.nextInt(frame.end() - first);
        Wire.put8(frame.buffer(), at, Wire.u8(frame.buffer(), at) ^ 1 << random.nextInt(Byte.SIZE));
    }

    /** Only a frame with a whole checksum shows that it was changed. */
    private static void completeChecksum(final Frame frame) {
        final var buffer = frame.buffer();
        final int flags = VirtioNetHeader.flags(buffer, frame.virtioAt());
        if ((flags & VirtioNetHeader.NEEDS_CHECKSUM) != 0) {
            final int start = frame.ethernetAt() + VirtioNetHeader.checksumStart(buffer, frame.virtioAt());
            final int field = start + VirtioNetHeader.checksumOffset(buffer, frame.virtioAt());
            if (field + 2 <= frame.end()) {
                // The field holds the pseudo header's sum already, so it is summed with the rest.
                Wire.put16(buffer, field, Checksum.complete(Checksum.partial(buffer, start, frame.end() - start, 0)));
            }
        }
        VirtioNetHeader.writeNone(buffer, frame.virtioAt());
    }

    @Override
    public boolean checksumOffload() {
        return rates.corruption == 0.0 && port.checksumOffload();
    }

    @Override
    public boolean segmentationOffload() {
        return rates.corruption == 0.0 && port.segmentationOffload();
    }

    public long lost() {
        return lost;
    }

    public long duplicated() {
        return duplicated;
    }

    public long reordered() {
        return reordered;
    }

    public long corrupted() {
        return corrupted;
    }
}
