package io.virtuoso.bench.stat;

/**
 * One run of one load on one side.
 *
 * @param operations requests, connections or, for bulk, bytes in the measured window
 * @param seconds length of that window
 * @param errors operations that failed
 * @param latency percentiles; {@link Latency#NONE} where the load generator gives none
 * @param cpu processor time within the window
 * @param probeBeforeNanos placement probe before the run
 * @param probeAfterNanos placement probe after it
 * @param wire how a run went that was bounded by its network; {@link Wire#NONE} for others
 * @param neighbours operations per second of tenants that were at work beside it; NaN without such
 * @param delay how long its guests' commands waited in the host stack; {@link Delay#NONE} where nobody counts that
 */
public record Run(
        double operations,
        double seconds,
        long errors,
        Latency latency,
        Cpu cpu,
        double probeBeforeNanos,
        double probeAfterNanos,
        Wire wire,
        double neighbours,
        Delay delay) {
    /** Cores that other work may take before a run does not count. */
    private static final double FOREIGN_CORES_LIMIT = 0.2;
    /** Share of late packets with which a run does not count that is bounded by its network. */
    private static final double LATE_LIMIT = 0.01;

    /** A run bounded by processors. */
    public Run(
            final double operations,
            final double seconds,
            final long errors,
            final Latency latency,
            final Cpu cpu,
            final double probeBeforeNanos,
            final double probeAfterNanos) {
        this(
                operations,
                seconds,
                errors,
                latency,
                cpu,
                probeBeforeNanos,
                probeAfterNanos,
                Wire.NONE,
                Double.NaN,
                Delay.NONE);
    }

    /** Latency percentiles in microseconds; NaN where unknown. */
    public record Latency(double p50, double p99, double p999, double max) {
        public static final Latency NONE = new Latency(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    /**
     * Quantiles of the time from a command's being there, or a packet's, to its service by the host stack, in
     * microseconds, rounded up to the limit of a bucket, by half at most; NaN where unknown.
     */
    public record Delay(double p50, double p99, double p999) {
        public static final Delay NONE = new Delay(Double.NaN, Double.NaN, Double.NaN);
    }

    /**
     * How a run went that was bounded by its network.
     *
     * @param fairness Jain's index of the flows' goodputs, 1 / flows to 1; NaN for a single flow
     * @param late share of packets that the simulated wire delivered more than 1 ms late; NaN without such a wire
     */
    public record Wire(double fairness, double late) {
        public static final Wire NONE = new Wire(Double.NaN, Double.NaN);

        boolean known() {
            return !Double.isNaN(late);
        }
    }

    /**
     * Processor time in seconds.
     *
     * @param machine wall time of all cores less idle and steal
     * @param steal time that the hypervisor gave to others
     * @param client the load generator's process
     * @param server the server's processes
     * @param host the host stack's process; also on the kernel's side, where it is idle and should cost nothing
     * @param others all other processes; the kernel's soft interrupts and threads, which do much of the work on the
     *     kernel's side, are no process's
     */
    public record Cpu(double machine, double steal, double client, double server, double host, double others) {
        /** @return client, server and host stack together */
        public double processes() {
            return client + server + host;
        }
    }

    /** @return operations per second, or for bulk bytes per second */
    public double rate() {
        return operations / seconds;
    }

    /** @return how far apart the cores were */
    public Placement placement() {
        return wire.known() ? Placement.ANY : Placement.of(probeBeforeNanos, probeAfterNanos);
    }

    /** @return processor seconds of the whole machine for one operation */
    public double machinePerOperation() {
        return cpu.machine() / operations;
    }

    /** @return cores that processes took which are not the benchmark's */
    public double foreignCores() {
        return cpu.others() / seconds;
    }

    /**
     * @return whether other work, or the hypervisor, took so much that the run does not count; a run bounded by its network
     *     bears it as long as the wire keeps its times
     */
    public boolean disturbed() {
        if (wire.known()) {
            return wire.late() > LATE_LIMIT;
        }
        return foreignCores() > FOREIGN_CORES_LIMIT || cpu.steal() / seconds > FOREIGN_CORES_LIMIT;
    }
}
