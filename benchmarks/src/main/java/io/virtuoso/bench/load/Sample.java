package io.virtuoso.bench.load;

import io.virtuoso.bench.stat.Run;

/**
 * What a load generator said.
 *
 * @param operations requests, connections or bytes in the measured window
 * @param seconds length of that window
 * @param errors operations that failed
 * @param wire how it went, if it was bounded by its network
 * @param neighbours operations per second of those that were at work beside it; NaN without such
 * @param delay how long commands waited in the host stack, where that is counted
 */
public record Sample(
        double operations,
        double seconds,
        long errors,
        Run.Latency latency,
        Run.Cpu cpu,
        Run.Wire wire,
        double neighbours,
        Run.Delay delay) {
    /** What was bounded by processors. */
    public Sample(
            final double operations,
            final double seconds,
            final long errors,
            final Run.Latency latency,
            final Run.Cpu cpu) {
        this(operations, seconds, errors, latency, cpu, Run.Wire.NONE, Double.NaN, Run.Delay.NONE);
    }

    /** @return the run that this is, between two placement probes */
    public Run between(final double probeBeforeNanos, final double probeAfterNanos) {
        return new Run(
                operations, seconds, errors, latency, cpu, probeBeforeNanos, probeAfterNanos, wire, neighbours, delay);
    }
}
