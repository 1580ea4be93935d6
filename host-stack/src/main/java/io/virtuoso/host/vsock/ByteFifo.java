package io.virtuoso.host.vsock;

import io.virtuoso.host.virtio.DescriptorChain;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Bytes in order, at most a power of two of them. Memory grows with what lies in it, out of a budget that others share, and
 * is kept until {@link #free}. One thread.
 */
final class ByteFifo {
    /** Holds a few messages of programs that attach. */
    private static final int FIRST_BYTES = 512;

    private final int capacity;
    private final BufferBudget budget;
    private Arena arena;
    private MemorySegment memory = MemorySegment.NULL;
    /** Bytes of the memory, a power of two; 0: there is none. */
    private int bytes;

    private long head;
    private long tail;

    ByteFifo(final int capacity, final BufferBudget budget) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("no power of two: " + capacity);
        }
        this.capacity = capacity;
        this.budget = budget;
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

    /** Throws away what is in it, and gives the memory back; it can be used anew. */
    void free() {
        head = 0;
        tail = 0;
        if (arena != null) {
            arena.close();
            arena = null;
        }
        memory = MemorySegment.NULL;
        budget.giveBack(bytes);
        bytes = 0;
    }

    private int at(final long cursor) {
        return (int) (cursor & bytes - 1);
    }

    private int untilEnd(final long cursor, final int length) {
        return Math.min(length, bytes - at(cursor));
    }

    /** @return false if there is no memory for so many bytes more */
    private boolean hold(final int length) {
        final int wanted = size() + length;
        if (wanted <= bytes) {
            return true;
        }
        final int larger = Math.max(FIRST_BYTES, Integer.highestOneBit(wanted - 1) << 1);
        if (!budget.take(larger - bytes)) {
            return false;
        }
        final Arena fresh = Arena.ofConfined();
        final MemorySegment target = fresh.allocate(larger);
        final int held = moveTo(target, 0, size());
        if (arena != null) {
            arena.close();
        }
        arena = fresh;
        memory = target;
        bytes = larger;
        head = 0;
        tail = held;
        return true;
    }

    /**
     * Appends bytes of a buffer; there must be room.
     *
     * @return false, and nothing is appended, if the budget is used up
     */
    boolean append(final DescriptorChain chain, final int position, final int length) {
        if (!hold(length)) {
            return false;
        }
        final int first = untilEnd(tail, length);
        chain.read(position, memory, at(tail), first);
        chain.read(position + first, memory, 0, length - first);
        tail += length;
        return true;
    }

    /**
     * Appends bytes; there must be room.
     *
     * @return false, and nothing is appended, if the budget is used up
     */
    boolean append(final MemorySegment source, final long position, final int length) {
        if (!hold(length)) {
            return false;
        }
        final int first = untilEnd(tail, length);
        MemorySegment.copy(source, position, memory, at(tail), first);
        MemorySegment.copy(source, position + first, memory, 0, length - first);
        tail += length;
        return true;
    }

    /** Moves the first bytes into a buffer. */
    void moveTo(final DescriptorChain chain, final int position, final int length) {
        final int first = untilEnd(head, length);
        chain.write(position, memory, at(head), first);
        chain.write(position + first, memory, 0, length - first);
        head += length;
    }

    /** Moves the first bytes, at most {@code length}. @return how many */
    int moveTo(final MemorySegment target, final long position, final int length) {
        final int moved = Math.min(length, size());
        final int first = untilEnd(head, moved);
        MemorySegment.copy(memory, at(head), target, position, first);
        MemorySegment.copy(memory, 0, target, position + first, moved - first);
        head += moved;
        return moved;
    }
}
