package io.virtuoso.host.port;

import io.virtuoso.host.wire.EthernetHeader;
import java.util.function.LongSupplier;

/**
 * One end of a wire in memory, for tests in virtual time: a frame arrives at the other end after a fixed delay, the
 * transmit queue holds a fixed number of frames, and more are dropped.
 */
public final class WirePort implements Port {
    /**
     * What the wire is like.
     *
     * @param mtu bytes of an IP packet
     * @param delayNanos from transmit to receive
     * @param frames that fit into each direction at once
     * @param offloads true: checksums may be partial and TCP frames up to 64 KiB, as on a TAP
     */
    public record Traits(int mtu, long delayNanos, int frames, boolean offloads) {}

    private final Traits traits;
    private final LongSupplier clock;
    private final long mac;
    private final Frame[] queue;
    private final long[] due;
    private long head;
    private long tail;
    private long overflows;
    private WirePort peer;

    private WirePort(final Traits traits, final LongSupplier clock, final long mac) {
        this.traits = traits;
        this.clock = clock;
        this.mac = mac;
        this.queue = new Frame[traits.frames];
        this.due = new long[traits.frames];
        for (int i = 0; i < queue.length; i++) {
            queue[i] = new Frame();
        }
    }

    /**
     * Makes a wire.
     *
     * @param clock nanoseconds, never going back
     * @return one end; {@link #peer} is the other
     */
    public static WirePort create(final Traits traits, final LongSupplier clock) {
        final WirePort left = new WirePort(traits, clock, 0x0200_0000_0001L);
        final WirePort right = new WirePort(traits, clock, 0x0200_0000_0002L);
        left.peer = right;
        right.peer = left;
        return left;
    }

    public WirePort peer() {
        return peer;
    }

    /** @return when the next frame can be received, in the clock's nanoseconds; {@link Long#MAX_VALUE}: none is under way */
    public long nextArrival() {
        return head == tail ? Long.MAX_VALUE : due[index(head)];
    }

    /** @return frames dropped because the other direction's queue was full */
    public long overflows() {
        return overflows;
    }

    @Override
    public int receive(final Frame frame) {
        if (head == tail || due[index(head)] - clock.getAsLong() > 0) {
            return NONE;
        }
        frame.copyFrom(queue[index(head)]);
        head++;
        return RECEIVED;
    }

    @Override
    public boolean transmit(final Frame frame) {
        if (!traits.offloads && frame.length() > EthernetHeader.BYTES + traits.mtu) {
            throw new IllegalArgumentException("frame of " + frame.length() + " bytes exceeds the wire's MTU");
        }
        return peer.accept(frame) || overflow();
    }

    private boolean accept(final Frame frame) {
        if (tail - head == queue.length) {
            return false;
        }
        queue[index(tail)].copyFrom(frame);
        due[index(tail)] = clock.getAsLong() + traits.delayNanos;
        tail++;
        return true;
    }

    private boolean overflow() {
        overflows++;
        return false;
    }

    private int index(final long position) {
        return (int) (position % queue.length);
    }

    @Override
    public void flush() {
        // Nothing waits: a frame is on the wire at once.
    }

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public int mtu() {
        return traits.mtu;
    }

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public boolean checksumOffload() {
        return traits.offloads;
    }

    @Override
    public boolean segmentationOffload() {
        return traits.offloads;
    }

    @Override
    public long missed() {
        return 0;
    }

    @Override
    public void close() {
        head = tail;
    }
}
