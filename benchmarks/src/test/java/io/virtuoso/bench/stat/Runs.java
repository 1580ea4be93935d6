package io.virtuoso.bench.stat;

/** Makes runs for tests. */
public final class Runs {
    /** A probe of cores that share a cache. */
    public static final double NEAR = 110;
    /** A probe of cores that do not. */
    public static final double FAR = 600;

    private Runs() {}

    /** @return a run of one second; all its processor time is that of client and server, half each */
    public static Run run(final double operations, final double cpuSeconds, final double probe) {
        final Run.Cpu cpu = new Run.Cpu(cpuSeconds, 0, cpuSeconds / 2, cpuSeconds / 2, 0, 0);
        return new Run(operations, 1, 0, new Run.Latency(50, 99, 999, 1500), cpu, probe, probe);
    }

    /** @return a run like {@link #run} for which the kernel's soft interrupts used half a core more */
    public static Run withInterrupts(final double operations, final double cpuSeconds, final double probe) {
        final Run.Cpu cpu = new Run.Cpu(cpuSeconds + 0.5, 0, cpuSeconds / 2, cpuSeconds / 2, 0, 0);
        return new Run(operations, 1, 0, Run.Latency.NONE, cpu, probe, probe);
    }

    /** @return a run over a simulated wire, on a busy machine whose cores moved apart meanwhile */
    public static Run overWire(final double operations, final double late) {
        final Run.Cpu cpu = new Run.Cpu(2, 0, 0.1, 0.1, 0.1, 1.7);
        final Run.Wire wire = new Run.Wire(0.987, late);
        return new Run(operations, 1, 0, Run.Latency.NONE, cpu, NEAR, FAR, wire, Double.NaN, Run.Delay.NONE);
    }

    /** @return a run like {@link #run} during which something else used half a core */
    public static Run disturbed(final double operations, final double cpuSeconds, final double probe) {
        final Run.Cpu cpu = new Run.Cpu(cpuSeconds + 0.5, 0, cpuSeconds / 2, cpuSeconds / 2, 0, 0.5);
        return new Run(operations, 1, 0, Run.Latency.NONE, cpu, probe, probe);
    }

    /** @return a run like {@link #run} whose commands waited in the host stack */
    public static Run delayed(final double operations, final Run.Delay delay) {
        final Run run = run(operations, 1, NEAR);
        return new Run(operations, 1, 0, run.latency(), run.cpu(), NEAR, NEAR, Run.Wire.NONE, run.neighbours(), delay);
    }
}
