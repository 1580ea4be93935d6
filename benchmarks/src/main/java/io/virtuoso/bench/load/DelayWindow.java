package io.virtuoso.bench.load;

import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.TenantSide;
import io.virtuoso.bench.stat.DelayCounts;
import io.virtuoso.bench.stat.Run;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * How long tenant 0's commands and packets wait in the host stack during one run's measured window: asks for the counts
 * when the window begins and when it ends, to within what a busy machine takes to wake a thread.
 */
final class DelayWindow {
    private final FutureTask<Run.Delay> task;

    /**
     * Begins to wait for the window.
     *
     * @param beginNs when it begins, by {@link System#nanoTime}
     * @param seconds its length
     */
    DelayWindow(final TenantSide side, final long beginNs, final double seconds) {
        task = new FutureTask<>(() -> measure(side, beginNs, beginNs + (long) (1e9 * seconds)));
        Thread.ofPlatform().daemon().name("delays").start(task);
    }

    private static Run.Delay measure(final TenantSide side, final long beginNs, final long endNs)
            throws BenchException, InterruptedException {
        final Optional<DelayCounts> before = at(side, beginNs);
        if (before.isEmpty()) {
            return Run.Delay.NONE;
        }
        return at(side, endNs).map(after -> after.since(before.get())).orElse(Run.Delay.NONE);
    }

    private static Optional<DelayCounts> at(final TenantSide side, final long timeNs)
            throws BenchException, InterruptedException {
        TimeUnit.NANOSECONDS.sleep(timeNs - System.nanoTime());
        return side.delays();
    }

    /** Waits for the end of the window. */
    Run.Delay await() throws BenchException {
        try {
            return task.get();
        } catch (final ExecutionException e) {
            throw new BenchException("delays in the host stack: " + e.getCause().getMessage(), e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }
}
