package io.virtuoso.host.vsock;

import io.virtuoso.host.virtio.DescriptorChain;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Bytes in order, at most a power of two of them; memory is taken on first use. One thread. */
final class ByteFifo {
    private final int capacity;
    private MemorySegment memory;
    private long head;
    private long tail;

    ByteFifo(final int capacity) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("no power of two: " + capacity);
        }
        this.capacity = capacity;
    }

    int size() {
        return (int) (tail - head);
    }

    int room() {
        return capacity - size();
    }

    void clear() {
        head = tail;
    }

    private MemorySegment memory() {
        if (memory == null) {
            memory = Arena.ofAuto().allocate(capacity);
        }
        return memory;
    }

    private int at(final long cursor) {
        return (int) (cursor & capacity - 1);
    }

    private int untilEnd(final long cursor, final int length) {
        return Math.min(length, capacity - at(cursor));
    }

    /** Appends bytes of a buffer; there must be room. */
    void append(final DescriptorChain chain, final int position, final int length) {
        final int first = untilEnd(tail, length);
        chain.read(position, memory(), at(tail), first);
        chain.read(position + first, memory(), 0, length - first);
        tail += length;
    }

    /** Appends bytes; there must be room. */
    void append(final MemorySegment source, final long position, final int length) {
        final int first = untilEnd(tail, length);
        MemorySegment.copy(source, position, memory(), at(tail), first);
        MemorySegment.copy(source, position + first, memory(), 0, length - first);
        tail += length;
    }

    /** Moves the first bytes into a buffer. */
    void moveTo(final DescriptorChain chain, final int position, final int length) {
        final int first = untilEnd(head, length);
        chain.write(position, memory(), at(head), first);
        chain.write(position + first, memory(), 0, length - first);
        head += length;
    }

    /** Moves the first bytes, at most {@code length}. @return how many */
    int moveTo(final MemorySegment target, final long position, final int length) {
        final int moved = Math.min(length, size());
        final int first = untilEnd(head, moved);
        MemorySegment.copy(memory(), at(head), target, position, first);
        MemorySegment.copy(memory(), 0, target, position + first, moved - first);
        head += moved;
        return moved;
    }
}
