package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VringAvail;
import io.virtuoso.host.ffm.Virtio.VringDesc;
import io.virtuoso.host.ffm.Virtio.VringUsed;
import io.virtuoso.host.ffm.Virtio.VringUsedElem;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** A split ring (virtio 1.2, section 2.7). */
final class SplitQueue implements Virtqueue {
    private static final int MASK16 = 0xffff;

    private final GuestMemory memory;
    private final MemorySegment descriptors;
    private final MemorySegment available;
    private final MemorySegment used;
    private final int size;
    private final boolean hasIndirect;
    private final boolean hasEventIndex;
    private int nextAvailable;
    private int nextUsed;
    private int called;

    SplitQueue(
            final RingLayout.Parts parts,
            final int size,
            final GuestMemory memory,
            final long features,
            final int base) {
        this.memory = memory;
        this.descriptors = parts.descriptors();
        this.available = parts.driver();
        this.used = parts.device();
        this.size = size;
        this.hasIndirect = (features & 1L << Virtio.VIRTIO_RING_F_INDIRECT_DESC) != 0;
        this.hasEventIndex = (features & 1L << Virtio.VIRTIO_RING_F_EVENT_IDX) != 0;
        this.nextAvailable = base & MASK16;
        this.nextUsed = nextAvailable;
        this.called = nextUsed;
    }

    @Override
    public boolean pop(final DescriptorChain chain) throws VmFault {
        final int ready = Words.u16Acquire(available, VringAvail.IDX) - nextAvailable & MASK16;
        if (ready == 0) {
            return false;
        }
        if (ready > size) {
            throw new VmFault(Reason.AVAILABLE_INDEX);
        }
        final int head = Words.u16(available, VringAvail.RING + (nextAvailable & size - 1) * Short.BYTES);
        if (head >= size) {
            throw new VmFault(Reason.DESCRIPTOR_HEAD);
        }
        chain.begin(memory, size);
        int next = head;
        while (next >= 0) {
            next = addDescriptor(chain, next);
        }
        chain.end(head, 1);
        nextAvailable = nextAvailable + 1 & MASK16;
        return true;
    }

    /** @return the next descriptor, or -1 after the last */
    private int addDescriptor(final DescriptorChain chain, final int index) throws VmFault {
        final long at = (long) index * VringDesc.BYTES;
        final long address = Words.u64(descriptors, at + VringDesc.ADDR);
        final int length = Words.u32(descriptors, at + VringDesc.LEN);
        final int flagsAndNext = Words.u32(descriptors, at + VringDesc.FLAGS);
        final boolean hasNext = (flagsAndNext & Virtio.VRING_DESC_F_NEXT) != 0;
        if ((flagsAndNext & Virtio.VRING_DESC_F_INDIRECT) != 0) {
            if (!hasIndirect || hasNext) {
                throw new VmFault(Reason.INDIRECT);
            }
            chain.addIndirect(address, length, true);
            return -1;
        }
        chain.countDescriptor();
        chain.add(address, length, (flagsAndNext & Virtio.VRING_DESC_F_WRITE) != 0);
        if (!hasNext) {
            return -1;
        }
        final int next = flagsAndNext >>> 16;
        if (next >= size) {
            throw new VmFault(Reason.DESCRIPTOR_NEXT);
        }
        return next;
    }

    @Override
    public void put(final DescriptorChain chain, final int written) {
        final long at = VringUsed.RING + (long) (nextUsed & size - 1) * VringUsedElem.BYTES;
        Words.u32(used, at + VringUsedElem.ID, chain.id());
        Words.u32(used, at + VringUsedElem.LEN, written);
        nextUsed = nextUsed + 1 & MASK16;
    }

    @Override
    public void publish() {
        Words.u16Release(used, VringUsed.IDX, nextUsed);
    }

    @Override
    public void rewind() {
        nextAvailable = nextUsed;
    }

    @Override
    public boolean needsCall() {
        if (nextUsed == called) {
            return false;
        }
        final int before = called;
        called = nextUsed;
        // The index must be visible before the driver's wish is read: it does both the other way round.
        VarHandle.fullFence();
        if (hasEventIndex) {
            return Words.needsEvent(
                    Words.u16(available, VringAvail.RING + (long) size * Short.BYTES), nextUsed, before);
        }
        return (Words.u16(available, VringAvail.FLAGS) & Virtio.VRING_AVAIL_F_NO_INTERRUPT) == 0;
    }

    @Override
    public void suppressKicks() {
        if (!hasEventIndex) {
            Words.u16(used, VringUsed.FLAGS, Virtio.VRING_USED_F_NO_NOTIFY);
        }
    }

    @Override
    public boolean allowKicks() {
        if (hasEventIndex) {
            Words.u16(used, VringUsed.RING + (long) size * VringUsedElem.BYTES, nextAvailable);
        } else {
            Words.u16(used, VringUsed.FLAGS, 0);
        }
        VarHandle.fullFence();
        return Words.u16(available, VringAvail.IDX) != nextAvailable;
    }

    @Override
    public int base() {
        return nextAvailable;
    }
}
