package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VringDesc;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A buffer that the machine's driver offered: pieces that the device may read, then pieces that it may write.
 *
 * <p>Every word of a descriptor is read once, checked, and kept here: what the driver writes afterwards changes nothing.
 * The bytes of the buffer itself may change at any time; who interprets them copies them first. Reusable, one thread.
 */
public final class DescriptorChain {
    private static final int FIRST_PIECES = 8;

    private MemorySegment[] memories = new MemorySegment[FIRST_PIECES];
    private long[] offsets = new long[FIRST_PIECES];
    private int[] lengths = new int[FIRST_PIECES];
    private GuestMemory memory;
    private int limit;
    private int seen;
    private int pieces;
    private int readablePieces;
    private long readableBytes;
    private long writableBytes;
    private int id;
    private int ringEntries;

    /** @param most descriptors that a chain may have, the ring's size */
    void begin(final GuestMemory guest, final int most) {
        memory = guest;
        limit = most;
        seen = 0;
        pieces = 0;
        readablePieces = 0;
        readableBytes = 0;
        writableBytes = 0;
    }

    /** @param entries descriptors of the ring itself that it takes */
    void end(final int number, final int entries) {
        id = number;
        ringEntries = entries;
    }

    /** The number by which the driver knows it. */
    int id() {
        return id;
    }

    int ringEntries() {
        return ringEntries;
    }

    /** @return bytes that the driver wrote */
    public int readableBytes() {
        return (int) readableBytes;
    }

    /** @return room for the device to write */
    public int writableBytes() {
        return (int) writableBytes;
    }

    /** Notes that one more descriptor is looked at. */
    void countDescriptor() throws VmFault {
        if (++seen > limit) {
            throw new VmFault(Reason.DESCRIPTOR_LOOP);
        }
    }

    void add(final long guestAddress, final int length, final boolean writable) throws VmFault {
        if (length <= 0 || readableBytes + writableBytes + length > Integer.MAX_VALUE) {
            throw new VmFault(Reason.DESCRIPTOR_LENGTH);
        }
        final int region = memory.find(guestAddress, length);
        if (region < 0) {
            throw new VmFault(Reason.DESCRIPTOR_ADDRESS);
        }
        if (writable) {
            writableBytes += length;
        } else if (writableBytes > 0) {
            throw new VmFault(Reason.DESCRIPTOR_ORDER);
        } else {
            readableBytes += length;
            readablePieces++;
        }
        if (pieces == lengths.length) {
            grow();
        }
        memories[pieces] = memory.memory(region);
        offsets[pieces] = memory.offset(region, guestAddress);
        lengths[pieces++] = length;
    }

    /** The limit is that of a ring, at most {@link RingLayout#MAX_SIZE}. */
    private void grow() {
        memories = Arrays.copyOf(memories, 2 * pieces);
        offsets = Arrays.copyOf(offsets, 2 * pieces);
        lengths = Arrays.copyOf(lengths, 2 * pieces);
    }

    /**
     * Adds the descriptors of an indirect table.
     *
     * @param linked a split ring's: each names the next one; else they follow one another
     */
    void addIndirect(final long guestAddress, final int length, final boolean linked) throws VmFault {
        if (length <= 0 || length % VringDesc.BYTES != 0 || length / VringDesc.BYTES > limit) {
            throw new VmFault(Reason.INDIRECT_LENGTH);
        }
        final int region = memory.find(guestAddress, length);
        if (region < 0) {
            throw new VmFault(Reason.DESCRIPTOR_ADDRESS);
        }
        final long start = memory.offset(region, guestAddress);
        if ((memory.memory(region).address() + start) % Integer.BYTES != 0) {
            throw new VmFault(Reason.DESCRIPTOR_ADDRESS);
        }
        final MemorySegment table = memory.memory(region);
        final int entries = length / VringDesc.BYTES;
        int next = 0;
        do {
            next = addEntry(table, start, next, entries, linked);
        } while (next < entries);
    }

    /** @return the table's next descriptor, or {@code entries} after the last */
    private int addEntry(
            final MemorySegment table, final long start, final int index, final int entries, final boolean linked)
            throws VmFault {
        countDescriptor();
        final long at = start + (long) index * VringDesc.BYTES;
        final long address = Words.u64(table, at + VringDesc.ADDR);
        final int length = Words.u32(table, at + VringDesc.LEN);
        final int flagsAndNext = Words.u32(table, at + VringDesc.FLAGS);
        final int flags = linked ? flagsAndNext & 0xffff : flagsAndNext >>> 16;
        if ((flags & Virtio.VRING_DESC_F_INDIRECT) != 0) {
            throw new VmFault(Reason.INDIRECT);
        }
        add(address, length, (flags & Virtio.VRING_DESC_F_WRITE) != 0);
        if (!linked) {
            return index + 1;
        }
        if ((flags & Virtio.VRING_DESC_F_NEXT) == 0) {
            return entries;
        }
        final int next = flagsAndNext >>> 16;
        if (next >= entries) {
            throw new VmFault(Reason.DESCRIPTOR_NEXT);
        }
        return next;
    }

    /** Copies bytes that the driver wrote, from position {@code at} of all of them. */
    public void read(final int at, final MemorySegment target, final long targetAt, final int length) {
        copy(true, at, target, targetAt, length);
    }

    /** Copies bytes into the room for the device, to position {@code at} of all of it. */
    public void write(final int at, final MemorySegment source, final long sourceAt, final int length) {
        copy(false, at, source, sourceAt, length);
    }

    private void copy(
            final boolean read, final int at, final MemorySegment other, final long otherAt, final int length) {
        final int end = read ? readablePieces : pieces;
        long skip = at;
        long done = 0;
        for (int i = read ? 0 : readablePieces; i < end && done < length; i++) {
            if (skip >= lengths[i]) {
                skip -= lengths[i];
                continue;
            }
            final long part = Math.min(lengths[i] - skip, length - done);
            if (read) {
                MemorySegment.copy(memories[i], offsets[i] + skip, other, otherAt + done, part);
            } else {
                MemorySegment.copy(other, otherAt + done, memories[i], offsets[i] + skip, part);
            }
            skip = 0;
            done += part;
        }
        if (done < length) {
            throw new IndexOutOfBoundsException("the chain has less than " + length + " bytes from " + at);
        }
    }
}
