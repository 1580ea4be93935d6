package io.virtuoso.host.virtio;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The memory of a virtual machine, as the regions that its monitor shares. Addresses come from the machine and may be
 * anything: what is not wholly inside one region is not found. Immutable; one thread.
 */
public final class GuestMemory {
    private static final int NOT_FOUND = -1;

    private final Region[] regions;

    /**
     * A part of the machine's memory. Checked by whoever makes it: no address wraps around, regions do not overlap.
     *
     * @param guestAddress where the machine sees it
     * @param userAddress  where the monitor sees it; rings are given so
     * @param memory       where this process sees it, all of it
     */
    public record Region(long guestAddress, long userAddress, MemorySegment memory) {
        long bytes() {
            return memory.byteSize();
        }
    }

    public GuestMemory(final List<Region> regions) {
        this.regions = regions.toArray(Region[]::new);
    }

    /** @return the number of the region that holds all these bytes, or -1 */
    public int find(final long guestAddress, final long bytes) {
        for (int i = 0; i < regions.length; i++) {
            if (holds(regions[i].guestAddress(), regions[i].bytes(), guestAddress, bytes)) {
                return i;
            }
        }
        return NOT_FOUND;
    }

    /** @return all of a region */
    public MemorySegment memory(final int region) {
        return regions[region].memory();
    }

    /** @return where an address lies in a region that was found for it */
    public long offset(final int region, final long guestAddress) {
        return guestAddress - regions[region].guestAddress();
    }

    /** @return memory by the monitor's address, if all of it is in one region */
    public Optional<MemorySegment> byUserAddress(final long userAddress, final long bytes) {
        for (final Region region : regions) {
            if (holds(region.userAddress(), region.bytes(), userAddress, bytes)) {
                return Optional.of(region.memory().asSlice(userAddress - region.userAddress(), bytes));
            }
        }
        return Optional.empty();
    }

    /** Overflow-proof: an address below the region gives a huge offset. */
    private static boolean holds(final long start, final long size, final long address, final long bytes) {
        final long offset = address - start;
        return bytes >= 0 && bytes <= size && Long.compareUnsigned(offset, size - bytes) <= 0;
    }
}
