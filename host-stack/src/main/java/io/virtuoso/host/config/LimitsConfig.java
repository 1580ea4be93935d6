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
 */
public record LimitsConfig(
        int contexts, int queueEntries, int slots, int poolMiB, int sendKiB, int receiveKiB, int attachments) {
    /** What applies when a configuration says nothing. */
    public static final LimitsConfig DEFAULT = new LimitsConfig(256, 256, 131_072, 1024, 4096, 4096, 1024);

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

    /** @return largest transmit ring in bytes */
    public int maxSendBytes() {
        return sendKiB << 10;
    }

    /** @return largest receive ring in bytes */
    public int maxReceiveBytes() {
        return receiveKiB << 10;
    }
}
