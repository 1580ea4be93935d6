package io.virtuoso.host.virtio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A machine's memory, in one region, as the machine's driver sees it. Places are offsets. */
public final class GuestRam {
    public static final long GUEST = 0x4000_0000L;
    public static final long USER = 0x7f12_3000_0000L;

    public final MemorySegment memory;
    private long next;

    public GuestRam(final MemorySegment memory) {
        this.memory = memory;
    }

    public static GuestRam ofBytes(final int bytes) {
        return new GuestRam(Arena.ofAuto().allocate(bytes, 4096));
    }

    public GuestMemory region() {
        return new GuestMemory(List.of(new GuestMemory.Region(GUEST, USER, memory)));
    }

    /** Takes memory that nobody else gets. */
    public long allocate(final long bytes, final int alignment) {
        final long at = (next + alignment - 1) / alignment * alignment;
        next = at + bytes;
        if (next > memory.byteSize()) {
            throw new IllegalStateException("the machine's memory is too small");
        }
        return at;
    }

    /** Forgets what was allocated, and zeroes it. */
    public void clear() {
        next = 0;
        memory.fill((byte) 0);
    }
}
