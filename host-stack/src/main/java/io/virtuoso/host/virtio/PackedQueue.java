package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VringPackedDesc;
import io.virtuoso.host.ffm.Virtio.VringPackedDescEvent;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** A packed ring (virtio 1.2, section 2.8). */
final class PackedQueue implements Virtqueue {
    private static final int AVAILABLE = 1 << Virtio.VRING_PACKED_DESC_F_AVAIL;
    private static final int USED = 1 << Virtio.VRING_PACKED_DESC_F_USED;
    private static final int WRAP = 1 << Virtio.VRING_PACKED_EVENT_F_WRAP_CTR;
    private static final int MASK16 = 0xffff;

    private final GuestMemory memory;
    private final MemorySegment ring;
    private final MemorySegment driverEvent;
    private final MemorySegment deviceEvent;
    private final int size;
    private final boolean hasIndirect;
    private final boolean hasEventIndex;
    private int nextAvailable;
    private boolean availableWrap;
    private int nextUsed;
    private boolean usedWrap;
    /** Position up to which the driver was told; none after the ring has wrapped around. */
    private int called;

    private boolean isCalledKnown;
    private boolean hasNews;
    /** Where the flags of the first buffer put are, which are written last; none if negative. */
    private long firstFlagsAt = -1;

    private int firstFlags;

    PackedQueue(
            final RingLayout.Parts parts, final int size, final GuestMemory memory, final long features, final int base)
            throws VmFault {
        this.memory = memory;
        this.ring = parts.descriptors();
        this.driverEvent = parts.driver();
        this.deviceEvent = parts.device();
        this.size = size;
        this.hasIndirect = (features & 1L << Virtio.VIRTIO_RING_F_INDIRECT_DESC) != 0;
        this.hasEventIndex = (features & 1L << Virtio.VIRTIO_RING_F_EVENT_IDX) != 0;
        this.nextAvailable = base & WRAP - 1;
        this.availableWrap = (base & WRAP) != 0;
        this.nextUsed = base >>> 16 & WRAP - 1;
        this.usedWrap = base < 0;
        if (nextAvailable >= size || nextUsed >= size) {
            throw new VmFault(Reason.RING, "a ring begins behind its end");
        }
    }

    private boolean isAvailable(final int flags) {
        return (flags & AVAILABLE) != 0 == availableWrap && (flags & USED) != 0 != availableWrap;
    }

    @Override
    public boolean pop(final DescriptorChain chain) throws VmFault {
        int flags = Words.u16Acquire(ring, (long) nextAvailable * VringPackedDesc.BYTES + VringPackedDesc.FLAGS);
        if (!isAvailable(flags)) {
            return false;
        }
        chain.begin(memory, size);
        int at = nextAvailable;
        int entries = 1;
        addDescriptor(chain, at, flags);
        while ((flags & Virtio.VRING_DESC_F_NEXT) != 0) {
            at = at + 1 == size ? 0 : at + 1;
            entries++;
            flags = Words.u16(ring, (long) at * VringPackedDesc.BYTES + VringPackedDesc.FLAGS);
            addDescriptor(chain, at, flags);
        }
        final int id = Words.u32(ring, (long) at * VringPackedDesc.BYTES + VringPackedDesc.ID) & MASK16;
        if (id >= size) {
            throw new VmFault(Reason.DESCRIPTOR_ID);
        }
        chain.end(id, entries);
        nextAvailable += entries;
        if (nextAvailable >= size) {
            nextAvailable -= size;
            availableWrap = !availableWrap;
        }
        return true;
    }

    private void addDescriptor(final DescriptorChain chain, final int index, final int flags) throws VmFault {
        final long at = (long) index * VringPackedDesc.BYTES;
        final long address = Words.u64(ring, at + VringPackedDesc.ADDR);
        final int length = Words.u32(ring, at + VringPackedDesc.LEN);
        if ((flags & Virtio.VRING_DESC_F_INDIRECT) == 0) {
            chain.countDescriptor();
            chain.add(address, length, (flags & Virtio.VRING_DESC_F_WRITE) != 0);
        } else if (hasIndirect && (flags & Virtio.VRING_DESC_F_NEXT) == 0) {
            chain.addIndirect(address, length, false);
        } else {
            throw new VmFault(Reason.INDIRECT);
        }
    }

    @Override
    public void put(final DescriptorChain chain, final int written) {
        final long at = (long) nextUsed * VringPackedDesc.BYTES;
        Words.u32(ring, at + VringPackedDesc.LEN, written);
        Words.u16(ring, at + VringPackedDesc.ID, chain.id());
        final int flags = (usedWrap ? AVAILABLE | USED : 0) | (written > 0 ? Virtio.VRING_DESC_F_WRITE : 0);
        if (firstFlagsAt < 0) {
            firstFlagsAt = at + VringPackedDesc.FLAGS;
            firstFlags = flags;
        } else {
            Words.u16Release(ring, at + VringPackedDesc.FLAGS, flags);
        }
        hasNews = true;
        nextUsed += chain.ringEntries();
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
            isCalledKnown = false;
        }
    }

    @Override
    public void publish() {
        if (firstFlagsAt >= 0) {
            Words.u16Release(ring, firstFlagsAt, firstFlags);
            firstFlagsAt = -1;
        }
    }

    @Override
    public void rewind() {
        nextAvailable = nextUsed;
        availableWrap = usedWrap;
    }

    @Override
    public boolean needsCall() {
        if (!hasNews) {
            return false;
        }
        final int before = called;
        final boolean wasKnown = isCalledKnown;
        hasNews = false;
        called = nextUsed;
        isCalledKnown = true;
        // The flags must be visible before the driver's wish is read: it does both the other way round.
        VarHandle.fullFence();
        final int wish = Words.u32(driverEvent, VringPackedDescEvent.OFF_WRAP);
        final int flags = wish >>> 16;
        if (flags == Virtio.VRING_PACKED_EVENT_FLAG_DISABLE) {
            return false;
        }
        if (flags != Virtio.VRING_PACKED_EVENT_FLAG_DESC || !hasEventIndex || !wasKnown) {
            return true;
        }
        final boolean wishWrap = (wish & WRAP) != 0;
        final int event = (wish & WRAP - 1) - (wishWrap == usedWrap ? 0 : size);
        return Words.needsEvent(event, nextUsed, before);
    }

    @Override
    public void suppressKicks() {
        Words.u16(deviceEvent, VringPackedDescEvent.FLAGS, Virtio.VRING_PACKED_EVENT_FLAG_DISABLE);
    }

    @Override
    public boolean allowKicks() {
        if (hasEventIndex) {
            Words.u16(deviceEvent, VringPackedDescEvent.OFF_WRAP, nextAvailable | (availableWrap ? WRAP : 0));
            Words.u16Release(deviceEvent, VringPackedDescEvent.FLAGS, Virtio.VRING_PACKED_EVENT_FLAG_DESC);
        } else {
            Words.u16(deviceEvent, VringPackedDescEvent.FLAGS, Virtio.VRING_PACKED_EVENT_FLAG_ENABLE);
        }
        VarHandle.fullFence();
        return isAvailable(Words.u16(ring, (long) nextAvailable * VringPackedDesc.BYTES + VringPackedDesc.FLAGS));
    }

    @Override
    public int base() {
        return nextAvailable | (availableWrap ? WRAP : 0) | (nextUsed | (usedWrap ? WRAP : 0)) << 16;
    }
}
