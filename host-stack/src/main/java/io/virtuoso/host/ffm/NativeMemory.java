package io.virtuoso.host.ffm;

import java.lang.foreign.MemorySegment;

/** Memory that is known by its address. */
public final class NativeMemory {
    private NativeMemory() {}

    /**
     * Copies from an address.
     *
     * @param address of memory that stays mapped meanwhile
     * @param at position in the target
     */
    @SuppressWarnings("restricted")
    public static void copy(long address, int bytes, MemorySegment target, long at) {
        MemorySegment.copy(MemorySegment.ofAddress(address).reinterpret(bytes), 0, target, at, bytes);
    }
}
