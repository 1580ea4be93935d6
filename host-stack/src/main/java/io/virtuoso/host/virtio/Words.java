package io.virtuoso.host.virtio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** Words of rings: little-endian, as the machines are that this runs on. */
final class Words {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private Words() {}

    static int u16Acquire(final MemorySegment memory, final long at) {
        return (short) SHORT.getAcquire(memory, at) & 0xffff;
    }

    static int u16(final MemorySegment memory, final long at) {
        return (short) SHORT.getOpaque(memory, at) & 0xffff;
    }

    static void u16Release(final MemorySegment memory, final long at, final int value) {
        SHORT.setRelease(memory, at, (short) value);
    }

    static void u16(final MemorySegment memory, final long at, final int value) {
        SHORT.setOpaque(memory, at, (short) value);
    }

    /** The other side may write meanwhile: the word is read once, whatever the compiler would like. */
    static int u32(final MemorySegment memory, final long at) {
        return (int) INT.getOpaque(memory, at);
    }

    static void u32(final MemorySegment memory, final long at, final int value) {
        INT.setOpaque(memory, at, value);
    }

    /** Two halves: descriptors in indirect tables need not be aligned to 8. */
    static long u64(final MemorySegment memory, final long at) {
        return Integer.toUnsignedLong(u32(memory, at)) | (long) u32(memory, at + Integer.BYTES) << 32;
    }

    /** Virtio 1.2, section 2.7.10: has the index gone past the one for which the other side waits? */
    static boolean needsEvent(final int event, final int now, final int before) {
        return (now - event - 1 & 0xffff) < (now - before & 0xffff);
    }
}
