package io.virtuoso.bench.stat;

/**
 * How far apart the two cores were while a run lasted. On a shared machine the virtual cores move: the same program
 * runs about 2.5 times faster when both share a cache, so runs are compared only with runs of the same placement.
 */
public enum Placement {
    /** both probes below {@value #NEAR_BELOW_NANOS} ns: the cores share a cache */
    NEAR,
    /** both probes above {@value #FAR_ABOVE_NANOS} ns */
    FAR,
    /** the probes disagree, or lie between the limits */
    MIXED,
    /** of no account: the run is bounded by its network, not by processors */
    ANY;

    private static final double NEAR_BELOW_NANOS = 250;
    private static final double FAR_ABOVE_NANOS = 400;

    /**
     * @param beforeNanos median round trip of a spin ping-pong before the run
     * @param afterNanos the same after it
     */
    public static Placement of(final double beforeNanos, final double afterNanos) {
        if (beforeNanos < NEAR_BELOW_NANOS && afterNanos < NEAR_BELOW_NANOS) {
            return NEAR;
        }
        if (beforeNanos > FAR_ABOVE_NANOS && afterNanos > FAR_ABOVE_NANOS) {
            return FAR;
        }
        return MIXED;
    }

    /** @return the name in lower case, as reports write it */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
