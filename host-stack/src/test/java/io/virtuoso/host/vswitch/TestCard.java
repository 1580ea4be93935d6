package io.virtuoso.host.vswitch;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.virtio.GuestRam;
import io.virtuoso.host.virtio.TestDriver;
import io.virtuoso.host.virtio.TestDriver.Piece;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A machine's driver of a network card, frame by frame, and its monitor. */
final class TestCard implements MachinePort.Monitor {
    static final long ALL = 1L << Virtio.VIRTIO_NET_F_GUEST_CSUM
            | 1L << Virtio.VIRTIO_NET_F_GUEST_TSO4
            | 1L << Virtio.VIRTIO_NET_F_GUEST_TSO6
            | 1L << Virtio.VIRTIO_NET_F_MRG_RXBUF;

    private static final int RING = 64;
    private static final int NONE = -1;

    final MachinePort port;
    final GuestRam ram = GuestRam.ofBytes(1 << 20);
    final TestDriver receive;
    final TestDriver transmit;
    VmFault fault;
    int calls;
    private final int bufferBytes;
    private final long outgoing;
    private final Map<Integer, Long> offered = new HashMap<>();
    private final ArrayDeque<Long> free = new ArrayDeque<>();

    /**
     * @param features of the driver, besides those of its rings
     * @param bufferBytes of each receive buffer
     */
    TestCard(final Station station, final boolean packed, final long features, final int bufferBytes) {
        this.bufferBytes = bufferBytes;
        port = new MachinePort(station);
        receive = TestDriver.of(packed, ram, RING, true);
        transmit = TestDriver.of(packed, ram, RING, true);
        outgoing = ram.allocate(1 << 17, 16);
        for (int i = 0; i < RING; i++) {
            free.add(ram.allocate(bufferBytes, 16));
        }
        port.connect(this);
        try {
            port.start(MachinePort.RECEIVE, open(receive, features), features | receive.features());
            port.start(MachinePort.TRANSMIT, open(transmit, features), features | transmit.features());
        } catch (final VmFault e) {
            throw new AssertionError(e);
        }
        offerAll();
    }

    private Virtqueue open(final TestDriver driver, final long features) throws VmFault {
        return Virtqueue.open(driver.layout(), ram.region(), features | driver.features(), driver.base());
    }

    @Override
    public void callsDue() {
        calls |= port.takeCalls();
    }

    @Override
    public void faulted(final VmFault newFault) {
        fault = newFault;
    }

    /** Offers all free buffers. */
    void offerAll() {
        while (!free.isEmpty()) {
            final long at = free.remove();
            offered.put(receive.offer(false, List.of(new Piece(at, bufferBytes, true))), at);
        }
    }

    /** Puts a frame, as it lies in a {@link Frame}, into the ring: header and bytes in two pieces. */
    void send(final Frame frame) {
        while (transmit.used().isPresent()) {
            // Takes back what the switch has read.
        }
        put(frame);
    }

    /** The same, of a driver that takes nothing back. */
    void put(final Frame frame) {
        final long body = outgoing + 64;
        MemorySegment.copy(frame.memory(), Frame.VIRTIO_AT, ram.memory, outgoing, VirtioNetHeader.BYTES);
        MemorySegment.copy(frame.memory(), Frame.ETHERNET_AT, ram.memory, body, frame.length());
        transmit.offer(
                false,
                List.of(new Piece(outgoing, VirtioNetHeader.BYTES, false), new Piece(body, frame.length(), false)));
    }

    /**
     * Takes the next frame out of the ring.
     *
     * @return false if there is none
     */
    boolean take(final Frame frame) {
        int buffers = NONE;
        int length = 0;
        do {
            final var used = receive.used();
            if (used.isEmpty()) {
                if (buffers == NONE) {
                    return false;
                }
                throw new AssertionError("a frame lacks buffers");
            }
            final long at = offered.remove(used.get().id());
            free.add(at);
            int skip = 0;
            if (buffers == NONE) {
                MemorySegment.copy(ram.memory, at, frame.memory(), Frame.VIRTIO_AT, VirtioNetHeader.BYTES);
                buffers = ram.memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + VirtioNetHeader.BYTES - 2);
                skip = VirtioNetHeader.BYTES;
            }
            final int bytes = used.get().written() - skip;
            MemorySegment.copy(ram.memory, at + skip, frame.memory(), Frame.ETHERNET_AT + length, bytes);
            length += bytes;
        } while (--buffers > 0);
        frame.length(length);
        offerAll();
        return true;
    }
}
