package io.virtuoso.host.config;

import java.util.List;
import java.util.Optional;

/** Reads the {@code limits} of a configuration. */
final class LimitsReader {
    private static final List<String> KEYS = List.of(
            "contexts", "queue_entries", "slots", "pool_mib", "send_kib", "receive_kib", "attachments", "vm_mib");
    /** Together with 32 MiB of slots and the contexts a region must stay below 2 GiB. */
    static final int MAX_POOL_MIB = 1536;

    /** A ring is never larger than a chunk of the pool (RingPool), so a larger limit would mean nothing. */
    static final int MAX_RING_KIB = 4096;

    private LimitsReader() {}

    static LimitsConfig read(final YamlView root) throws ConfigException {
        final Optional<YamlView> found = root.child("limits", "limits", KEYS);
        final LimitsConfig base = LimitsConfig.DEFAULT;
        if (found.isEmpty()) {
            return base;
        }
        final YamlView view = found.get();
        final LimitsConfig limits = new LimitsConfig(
                view.number("contexts", 1, 1024, base.contexts()),
                view.powerOfTwo("queue_entries", 16, 4096, base.queueEntries()),
                view.number("slots", 16, 1 << 20, base.slots()),
                view.number("pool_mib", LimitsConfig.MIN_MIB, MAX_POOL_MIB, base.poolMiB()),
                view.powerOfTwo("send_kib", 4, MAX_RING_KIB, base.sendKiB()),
                view.powerOfTwo("receive_kib", 4, MAX_RING_KIB, base.receiveKiB()),
                view.number("attachments", 1, 100_000, base.attachments()),
                view.powerOfTwo("vm_mib", LimitsConfig.MIN_MIB, 1024, base.machineMiB()));
        try {
            limits.regionLayout();
        } catch (final IllegalArgumentException e) {
            throw root.error("limits", "limits cannot be met: " + e.getMessage(), "lower pool_mib, slots or contexts");
        }
        try {
            limits.machineLayout(0);
        } catch (final IllegalArgumentException e) {
            throw root.error(
                    "limits", "limits cannot be met: " + e.getMessage(), "raise vm_mib or lower queue_entries");
        }
        return limits;
    }
}
