package io.virtuoso.bench.stat;

import java.util.Optional;

/**
 * A run on the kernel's side and the run on Virtuoso's side that followed it at once.
 *
 * @param budgets the run after these, of guests that have budgets, where a benchmark has such
 */
public record Pair(Run kernel, Run virtuoso, Optional<Run> budgets) {
    public Pair(final Run kernel, final Run virtuoso) {
        this(kernel, virtuoso, Optional.empty());
    }

    /** @return the placement that all runs shared, else {@link Placement#MIXED} */
    public Placement placement() {
        final Placement placement = kernel.placement();
        final boolean shared =
                virtuoso.placement() == placement && budgets.map(Run::placement).orElse(placement) == placement;
        return shared ? placement : Placement.MIXED;
    }

    /** @return whether other work took part in any of the runs */
    public boolean disturbed() {
        return kernel.disturbed()
                || virtuoso.disturbed()
                || budgets.map(Run::disturbed).orElse(false);
    }

    /** @return whether they may be compared: same placement, nothing else running */
    public boolean comparable() {
        return placement() != Placement.MIXED && !disturbed();
    }

    /** @return Virtuoso's rate divided by the kernel's */
    public double rateRatio() {
        return virtuoso.rate() / kernel.rate();
    }

    /** @return Virtuoso's processor time per operation divided by the kernel's, whole machine */
    public double cpuRatio() {
        return virtuoso.machinePerOperation() / kernel.machinePerOperation();
    }
}
