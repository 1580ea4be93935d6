package io.virtuoso.bench.run;

import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Folders;
import io.virtuoso.bench.stat.Pair;
import io.virtuoso.bench.stat.Placement;
import io.virtuoso.bench.stat.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs cases on both sides in turn, A B A B, until enough pairs of one placement are there. Both servers stay up the
 * whole time, and so does the host stack: its cost while idle is part of what the kernel's runs would show, and is
 * reported.
 */
public final class Runner implements AutoCloseable {
    private final Options options;
    private final Consumer<String> progress;
    private final Station kernel;
    private final Station virtuoso;
    private final Path dir;
    private boolean failed;
    private volatile boolean stopped;

    /**
     * Makes nothing yet; the sides are made for the first case.
     *
     * @param progress told of every pair, in a line for people
     */
    public Runner(final Options options, final Consumer<String> progress) throws BenchException {
        this.options = options;
        this.progress = progress;
        dir = temporaryFolder();
        final Rig rig = options.rig();
        kernel = new Station(
                rig.baseline(), options, Station.folder(dir, rig.baseline()), at -> rig.kernel(options, at));
        virtuoso = options.selfCheck()
                ? new Station("kernel-2", options, Station.folder(dir, "second"), at -> rig.secondKernel(options, at))
                : new Station(
                        rig.subject(), options, Station.folder(dir, rig.subject()), at -> rig.virtuoso(options, at));
    }

    private static Path temporaryFolder() throws BenchException {
        try {
            return Files.createTempDirectory("virtuoso-bench");
        } catch (final IOException e) {
            throw new BenchException("no temporary folder: " + e.getMessage(), e);
        }
    }

    /** @return the second side's name in reports */
    public String subject() {
        return virtuoso.name();
    }

    /**
     * Runs one case. Its first pair settles caches, pools and compiled code, as in a host stack or kernel that has long
     * been running, and is thrown away; with Java programs, so are those that follow until both sides' have been under
     * load long enough. A failure ends the case, not the benchmark, and what failed is made anew for
     * the next.
     */
    public CaseResult run(final BenchCase benchCase) {
        final List<Pair> pairs = new ArrayList<>();
        Station at = kernel;
        boolean settled = options.smoke();
        try {
            while (!enough(pairs)) {
                at = kernel;
                kernel.prepare(benchCase);
                at = virtuoso;
                virtuoso.prepare(benchCase);
                at = kernel;
                final Run first = kernel.run(benchCase.load(), hostPids());
                at = virtuoso;
                final Run second = virtuoso.run(benchCase.load(), hostPids());
                if (settled) {
                    pairs.add(new Pair(first, second));
                    tell(benchCase, pairs);
                }
                settled = options.smoke() || (kernel.warm() && virtuoso.warm());
            }
            if (options.profiles().isPresent() && !stopped) {
                final Profiler profiler = new Profiler(options.profiles().get());
                at = kernel;
                profile(profiler, kernel, benchCase);
                at = virtuoso;
                profile(profiler, virtuoso, benchCase);
            }
        } catch (final BenchException e) {
            final String failure = at.name() + ": " + e.getMessage();
            failed = true;
            if (!stopped) {
                progress.accept(benchCase.benchmark() + " " + benchCase.name() + " failed: " + failure);
            }
            at.close();
            return new CaseResult(benchCase, pairs, Optional.of(failure));
        }
        return new CaseResult(benchCase, pairs, Optional.empty());
    }

    /** All host stacks: on one side's runs those of the other are idle, and that is part of the cost. */
    private List<Long> hostPids() {
        final List<Long> pids = new ArrayList<>(kernel.hostPids());
        pids.addAll(virtuoso.hostPids());
        return pids;
    }

    private void profile(final Profiler profiler, final Station station, final BenchCase benchCase)
            throws BenchException {
        final String name = (benchCase.benchmark() + " " + benchCase.name() + " " + station.name()).replace(' ', '-');
        profiler.profile(name, options, station.jvmPids(), () -> station.run(benchCase.load(), hostPids()));
    }

    private boolean enough(final List<Pair> pairs) {
        return stopped
                || pairs.size() >= options.mostPairs()
                || Stream.of(Placement.values()).anyMatch(some -> count(pairs, some) >= options.runs());
    }

    private static long count(final List<Pair> pairs, final Placement placement) {
        return pairs.stream()
                .filter(pair -> pair.comparable() && pair.placement() == placement)
                .count();
    }

    private void tell(final BenchCase benchCase, final List<Pair> pairs) {
        final Pair last = pairs.getLast();
        progress.accept(String.format(
                Locale.ROOT,
                "%s %s: pair %d, %s%s, %.2f times the kernel's rate",
                benchCase.benchmark(),
                benchCase.name(),
                pairs.size(),
                last.placement().label(),
                last.disturbed() ? ", disturbed" : "",
                last.rateRatio()));
    }

    /** Makes {@link #run} return after the pair under way. May be called from any thread. */
    public void stop() {
        stopped = true;
    }

    /** @return whether {@link #stop} was called */
    public boolean stopped() {
        return stopped;
    }

    /** Ends everything; the logs stay when a case failed. */
    @Override
    public void close() {
        virtuoso.close();
        kernel.close();
        if (failed && !stopped) {
            progress.accept("logs and configuration are in " + dir);
        } else {
            Folders.remove(dir);
        }
    }
}
