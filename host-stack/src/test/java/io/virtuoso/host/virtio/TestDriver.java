package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VringDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/** The driver's side of a ring, as a kernel has it. */
public abstract sealed class TestDriver permits SplitDriver, PackedDriver {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    final GuestRam ram;
    final MemorySegment memory;
    final int size;
    final boolean eventIndex;

    /**
     * Part of a buffer.
     *
     * @param at       in the machine's memory, as offset
     * @param writable by the device
     */
    public record Piece(long at, int length, boolean writable) {}

    /** A buffer that the device gave back. */
    public record Used(int id, int written) {}

    TestDriver(final GuestRam ram, final int size, final boolean eventIndex) {
        this.ram = ram;
        this.memory = ram.memory;
        this.size = size;
        this.eventIndex = eventIndex;
    }

    public static TestDriver of(final boolean packed, final GuestRam ram, final int size, final boolean eventIndex) {
        return packed ? new PackedDriver(ram, size, eventIndex) : new SplitDriver(ram, size, eventIndex);
    }

    /** Feature bits that go with it. */
    public long features() {
        return 1L << Virtio.VIRTIO_F_VERSION_1
                | 1L << Virtio.VIRTIO_RING_F_INDIRECT_DESC
                | (eventIndex ? 1L << Virtio.VIRTIO_RING_F_EVENT_IDX : 0)
                | (layout().packed() ? 1L << Virtio.VIRTIO_F_RING_PACKED : 0);
    }

    public abstract RingLayout layout();

    /** Where a new ring begins, as SET_VRING_BASE has it. */
    public abstract int base();

    /** @return descriptors that are free */
    public abstract int free();

    /** Offers a buffer; there must be room. @return its number */
    public abstract int offer(boolean indirect, List<Piece> pieces);

    /** @return the next buffer that was given back */
    public abstract Optional<Used> used();

    /** @return true if the device wants to hear of what was offered since this was asked last */
    public abstract boolean mustKick();

    /** Whether the driver wants to hear of the next buffer that is given back. */
    public abstract void wantCalls(boolean on);

    Virtqueue open(final int base) throws VmFault {
        return Virtqueue.open(layout(), ram.region(), features(), base);
    }

    int u16(final long at) {
        return memory.get(SHORT, at) & 0xffff;
    }

    void u16(final long at, final int value) {
        memory.set(SHORT, at, (short) value);
    }

    /** Writes an indirect table. @return where it is */
    long table(final List<Piece> pieces, final boolean linked) {
        final long table = ram.allocate((long) pieces.size() * VringDesc.BYTES, VringDesc.BYTES);
        for (int i = 0; i < pieces.size(); i++) {
            final long at = table + (long) i * VringDesc.BYTES;
            final boolean last = i == pieces.size() - 1;
            memory.set(LONG, at, GuestRam.GUEST + pieces.get(i).at());
            memory.set(INT, at + VringDesc.LEN, pieces.get(i).length());
            final int flags = (pieces.get(i).writable() ? Virtio.VRING_DESC_F_WRITE : 0)
                    | (linked && !last ? Virtio.VRING_DESC_F_NEXT : 0);
            u16(at + (linked ? VringDesc.FLAGS : 14), flags);
            u16(at + (linked ? VringDesc.NEXT : 12), linked ? i + 1 : 0);
        }
        return table;
    }
}
