package io.virtuoso.bench.stat;

/** A run on the kernel's side and the run on Virtuoso's side that followed it at once. */
public record Pair(Run kernel, Run virtuoso) {
    /** @return the placement that both runs shared, else {@link Placement#MIXED} */
    public Placement placement() {
        return kernel.placement() == virtuoso.placement() ? kernel.placement() : Placement.MIXED;
    }

    /** @return whether other work took part in either run */
    public boolean disturbed() {
        return kernel.disturbed() || virtuoso.disturbed();
    }

    /** @return whether the two may be compared: same placement, nothing else running */
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
