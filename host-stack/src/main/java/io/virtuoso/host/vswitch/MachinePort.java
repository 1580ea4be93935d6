package io.virtuoso.host.vswitch;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.SoftwareOffload;
import io.virtuoso.host.virtio.DescriptorChain;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A place on the switch for one virtual machine's network card: its pair of rings while a machine is there, nothing
 * otherwise. Frames are copied between the machine's buffers and {@link Frame}s. Stack thread only, but for
 * {@link #takeCalls}.
 */
public final class MachinePort {
    /** Rings, as virtio 1.2 section 5.1.2 numbers them. */
    public static final int RECEIVE = 0;

    public static final int TRANSMIT = 1;
    public static final int RINGS = 2;

    /** More buffers are not joined for one frame: drivers have some of 1.5 KiB and more. */
    private static final int MAX_JOINED = 128;
    /** Of a driver that knows neither virtio 1.0 nor joined buffers: without their number. */
    private static final int SHORT_HEADER = 10;

    private static final int NO_FD = -1;

    private final Station station;
    private final DescriptorChain outgoing = new DescriptorChain();
    private final DescriptorChain[] incoming = new DescriptorChain[MAX_JOINED];
    private final SoftwareOffload offload = new SoftwareOffload();
    private final SoftwareOffload.Segments segments = this::giveSegment;
    private final AtomicInteger calls = new AtomicInteger();
    private Kicks kicks = new NoKicks();
    private Monitor monitor;
    private Virtqueue receive;
    private Virtqueue transmit;
    private long features;
    private int headerBytes;
    private int kickFd = NO_FD;
    private boolean waitsForKick;
    private DropReason segmentDrop;

    /** Whoever speaks with the machine's monitor. Called on the stack thread; must not wait. */
    public interface Monitor {
        /** {@link #takeCalls} has something. */
        void callsDue();

        /** The machine did what none may do. Its rings are not touched any more. */
        void faulted(VmFault fault);
    }

    /** Wakes the stack thread. */
    public interface Kicks {
        /** @param fd an event counter, to be watched by its edges and never read */
        void watch(int fd);

        void unwatch(int fd);
    }

    private static final class NoKicks implements Kicks {
        @Override
        public void watch(final int fd) {
            // Nobody sleeps.
        }

        @Override
        public void unwatch(final int fd) {
            // Nothing is watched.
        }
    }

    /** @param station which addresses are this machine's */
    public MachinePort(final Station station) {
        this.station = station;
    }

    /** @return which addresses are this machine's */
    public Station station() {
        return station;
    }

    void kicks(final Kicks watcher) {
        kicks = watcher;
    }

    // ---- what a monitor says

    /** A monitor is there, of which nothing else is known yet. */
    public void connect(final Monitor newMonitor) {
        monitor = newMonitor;
    }

    /** The monitor is gone; its rings have been stopped. */
    public void disconnect() {
        kickBy(TRANSMIT, NO_FD);
        monitor = null;
        receive = null;
        transmit = null;
        calls.set(0);
    }

    /**
     * A ring runs.
     *
     * @param accepted features of the driver
     */
    public void start(final int ring, final Virtqueue queue, final long accepted) {
        features = accepted;
        headerBytes = has(Virtio.VIRTIO_F_VERSION_1) || has(Virtio.VIRTIO_NET_F_MRG_RXBUF)
                ? VirtioNetHeader.BYTES
                : SHORT_HEADER;
        queue.suppressKicks();
        if (ring == RECEIVE) {
            receive = queue;
        } else {
            transmit = queue;
            waitsForKick = false;
        }
    }

    /** A ring must not be touched any more. */
    public void stop(final int ring) {
        if (ring == RECEIVE) {
            receive = null;
        } else {
            transmit = null;
        }
    }

    /** What tells of frames in a ring; -1: nothing. New receive buffers are found when they are needed. */
    public void kickBy(final int ring, final int fd) {
        if (ring != TRANSMIT) {
            return;
        }
        if (kickFd != NO_FD) {
            kicks.unwatch(kickFd);
        }
        kickFd = fd;
        if (fd != NO_FD) {
            kicks.watch(fd);
        }
    }

    /** @return rings of which the driver is to be told, as bits; each is returned once. Any thread */
    public int takeCalls() {
        return calls.getAndSet(0);
    }

    private boolean has(final int feature) {
        return (features & 1L << feature) != 0;
    }

    // ---- frames from the machine

    /**
     * Takes the next frame.
     *
     * @return {@link Port#RECEIVED}, {@link Port#NONE}, or -1 for one that cannot be a frame
     */
    int take(final Frame frame) {
        if (transmit == null) {
            return Port.NONE;
        }
        try {
            return takeNext(frame);
        } catch (final VmFault e) {
            fault(e);
            return Port.NONE;
        }
    }

    private int takeNext(final Frame frame) throws VmFault {
        if (!transmit.pop(outgoing)) {
            if (waitsForKick) {
                return Port.NONE;
            }
            waitsForKick = true;
            if (!transmit.allowKicks() || !transmit.pop(outgoing)) {
                return Port.NONE;
            }
        }
        if (waitsForKick) {
            waitsForKick = false;
            transmit.suppressKicks();
        }
        final int length = outgoing.readableBytes() - headerBytes;
        if (length < EthernetHeader.BYTES) {
            throw new VmFault(Reason.PACKET, "a frame is shorter than its headers");
        }
        final boolean fits = length <= Frame.MAX_LENGTH;
        if (fits) {
            VirtioNetHeader.putBuffers(frame.buffer(), Frame.VIRTIO_AT, 0);
            outgoing.read(0, frame.memory(), Frame.VIRTIO_AT, headerBytes);
            outgoing.read(headerBytes, frame.memory(), Frame.ETHERNET_AT, length);
            frame.length(length);
        }
        transmit.push(outgoing, 0);
        return fits ? Port.RECEIVED : -1;
    }

    /** @return true if there is a frame to take; else the driver kicks when there is one */
    boolean isWaiting() {
        return transmit != null && transmit.allowKicks();
    }

    // ---- frames for the machine

    /**
     * Gives the machine a frame. What its driver does not do is done here.
     *
     * @return null, or why it was dropped, perhaps in part
     */
    DropReason give(final Frame frame) {
        if (receive == null) {
            return DropReason.MACHINE_AWAY;
        }
        final int type = VirtioNetHeader.gsoType(frame.buffer(), frame.virtioAt());
        if (type != VirtioNetHeader.GSO_NONE && !takesLarge(type)) {
            segmentDrop = null;
            offload.cut(frame, segments);
            return segmentDrop;
        }
        if (!has(Virtio.VIRTIO_NET_F_GUEST_CSUM)) {
            SoftwareOffload.completeChecksum(frame);
        }
        return write(frame);
    }

    private boolean takesLarge(final int type) {
        return has(Virtio.VIRTIO_NET_F_GUEST_CSUM)
                && has(
                        type == VirtioNetHeader.GSO_TCPV6
                                ? Virtio.VIRTIO_NET_F_GUEST_TSO6
                                : Virtio.VIRTIO_NET_F_GUEST_TSO4);
    }

    private void giveSegment(final Frame segment) {
        if (segmentDrop == null) {
            segmentDrop = write(segment);
        }
    }

    private DropReason write(final Frame frame) {
        if (receive == null) {
            return DropReason.MACHINE_AWAY;
        }
        try {
            final int buffers = takeBuffers(headerBytes + frame.length());
            if (buffers == 0) {
                receive.rewind();
                return DropReason.MACHINE_NO_BUFFER;
            }
            VirtioNetHeader.putBuffers(frame.buffer(), frame.virtioAt(), buffers);
            fill(frame, buffers);
            return null;
        } catch (final VmFault e) {
            fault(e);
            return DropReason.MACHINE_AWAY;
        }
    }

    /** @return how many buffers hold so many bytes; 0: there are not enough */
    private int takeBuffers(final int bytes) throws VmFault {
        final int most = has(Virtio.VIRTIO_NET_F_MRG_RXBUF) ? MAX_JOINED : 1;
        long room = 0;
        int count = 0;
        while (room < bytes) {
            if (count == most || !receive.pop(chain(count))) {
                return 0;
            }
            room += incoming[count++].writableBytes();
        }
        if (incoming[0].writableBytes() < headerBytes) {
            throw new VmFault(Reason.PACKET, "a receive buffer is shorter than a header");
        }
        return count;
    }

    private DescriptorChain chain(final int index) {
        if (incoming[index] == null) {
            incoming[index] = new DescriptorChain();
        }
        return incoming[index];
    }

    private void fill(final Frame frame, final int buffers) {
        final MemorySegment memory = frame.memory();
        incoming[0].write(0, memory, frame.virtioAt(), headerBytes);
        int used = headerBytes;
        int done = 0;
        for (int i = 0; i < buffers; i++) {
            final int part = Math.min(incoming[i].writableBytes() - used, frame.length() - done);
            incoming[i].write(used, memory, frame.ethernetAt() + done, part);
            receive.put(incoming[i], used + part);
            done += part;
            used = 0;
        }
        receive.publish();
    }

    // ---- the rest

    private void fault(final VmFault fault) {
        receive = null;
        transmit = null;
        if (monitor != null) {
            monitor.faulted(fault);
        }
    }

    /** Tells the driver of used buffers where it wants to hear of them: after each burst. */
    void flush() {
        int due = 0;
        if (receive != null && receive.needsCall()) {
            due |= 1 << RECEIVE;
        }
        if (transmit != null && transmit.needsCall()) {
            due |= 1 << TRANSMIT;
        }
        if (due != 0 && calls.getAndAccumulate(due, (before, more) -> before | more) == 0 && monitor != null) {
            monitor.callsDue();
        }
    }
}
