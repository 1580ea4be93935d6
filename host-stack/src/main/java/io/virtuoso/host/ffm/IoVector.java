package io.virtuoso.host.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A reusable array of (address, length) for readv and writev; one thread. */
public final class IoVector {
    private final MemorySegment memory;

    /** Room for {@code capacity} pieces. */
    public IoVector(int capacity) {
        memory = Arena.ofAuto().allocate((long) capacity * Linux.Iovec.BYTES, Long.BYTES);
    }

    /** Sets a piece. */
    public void set(int index, long address, int length) {
        long at = (long) index * Linux.Iovec.BYTES;
        memory.set(ValueLayout.JAVA_LONG, at + Linux.Iovec.IOV_BASE, address);
        memory.set(ValueLayout.JAVA_LONG, at + Linux.Iovec.IOV_LEN, length);
    }

    long address() {
        return memory.address();
    }
}
