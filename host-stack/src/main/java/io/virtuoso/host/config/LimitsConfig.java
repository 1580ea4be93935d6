package io.virtuoso.host.config;

import io.virtuoso.protocol.RegionLayout;

/**
 * Size of each attachment's region, and how many a guest may have.
 *
 * @param contexts     contexts per attachment
 * @param queueEntries entries of each command and each event queue, a power of two
 * @param slots        socket slots per attachment; the guest gives out the first half, the host the rest
 * @param poolMiB      payload pool in MiB; memory is used only as rings are written
 * @param sendKiB      largest transmit ring in KiB, a power of two
 * @param receiveKiB   largest receive ring in KiB, a power of two
 * @param attachments  attachments a guest may have at once
 * @param machineMiB   memory of an attachment in a virtual machine, a power of two
 */
public record LimitsConfig(
        int contexts,
        int queueEntries,
        int slots,
        int poolMiB,
        int sendKiB,
        int receiveKiB,
        int attachments,
        int machineMiB) {
    /** What applies when a configuration says nothing. */
    public static final LimitsConfig DEFAULT = new LimitsConfig(256, 256, 131_072, 1024, 4096, 4096, 1024, 32);

    private static final int DOORBELL_REGIONS = 128;
    /** Rings are cut out of pieces of 4 MiB, each for rings of one size. */
    static final int MIN_MIB = 16;

    /**
     * @return the layout of every region
     * @throws IllegalArgumentException if a region would pass 2 GiB
     */
    public RegionLayout regionLayout() {
        return regionLayout(poolMiB);
    }

    /**
     * @param pool payload pool in MiB
     * @return the layout of the regions of a guest that has another pool
     * @throws IllegalArgumentException if a region would pass 2 GiB
     */
    public RegionLayout regionLayout(final int pool) {
        return new RegionLayout(contexts, queueEntries, slots, slots / 2, pool << 20);
    }

    /**
     * @param pool payload pool of the guest in MiB, 0: what there is room for
     * @return the layout of regions in virtual machines
     * @throws IllegalArgumentException if the memory is too small
     */
    public RegionLayout machineLayout(final int pool) {
        return smallLayout(machineMiB, pool);
    }

    /**
     * @param bytes what the process can map, 0: whatever is wanted
     * @param pool  payload pool of the guest in MiB, 0: as configured for all
     * @return the layout of a process's region
     * @throws IllegalArgumentException if that is too little for any region
     */
    public RegionLayout layoutWithin(final long bytes, final int pool) {
        final RegionLayout layout = regionLayout(pool == 0 ? poolMiB : pool);
        if (bytes == 0 || layout.regionBytes() <= bytes) {
            return layout;
        }
        if (bytes < MIN_MIB << 20) {
            throw new IllegalArgumentException(
                    (bytes >> 20) + " MiB of address space are left for a region, the least is " + MIN_MIB);
        }
        return smallLayout((int) (bytes >> 20), pool);
    }

    /** As many contexts and slots as are configured, but no more than leave most of the memory to the pool. */
    private RegionLayout smallLayout(final int mib, final int pool) {
        final int few = Math.min(contexts, mib * 2);
        final int fewSlots = Math.min(slots, mib * 256);
        final int rest = new RegionLayout(few, queueEntries, fewSlots, fewSlots / 2, RegionLayout.PAGE).poolOffset();
        final int room = (mib << 20) - rest;
        if (room < RegionLayout.PAGE) {
            throw new IllegalArgumentException("of " + mib + " MiB queues and slots leave nothing to rings");
        }
        final int poolBytes = pool == 0 || pool > room >> 20 ? room : pool << 20;
        return new RegionLayout(few, queueEntries, fewSlots, fewSlots / 2, poolBytes);
    }

    /** @return the memory of an ivshmem-doorbell device: room for so many regions in a virtual machine, bytes */
    public long doorbellBytes() {
        return (long) machineBytes() * DOORBELL_REGIONS;
    }

    /** @return what a region in a virtual machine takes, bytes */
    public int machineBytes() {
        return machineMiB << 20;
    }

    /** @return largest transmit ring in bytes */
    public int maxSendBytes() {
        return sendKiB << 10;
    }

    /** @return largest receive ring in bytes */
    public int maxReceiveBytes() {
        return receiveKiB << 10;
    }
}
