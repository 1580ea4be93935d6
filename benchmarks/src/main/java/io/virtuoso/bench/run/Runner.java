package io.virtuoso.bench.run;

import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Folders;
import io.virtuoso.bench.side.TenantHost;
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
    private static final String BUDGETS = "budgets";

    private final Options options;
    private final Consumer<String> progress;
    private final Station kernel;
    private final Station virtuoso;
    private final Optional<Station> budgets;
    private final Path dir;
    private Station at;
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
        final TenantHost host = new TenantHost(options.home(), rig.tenants(), options.cores());
        kernel = station(rig.baseline(), at -> rig.kernel(options, host, at));
        virtuoso = options.selfCheck()
                ? station("kernel-2", at -> rig.secondKernel(options, at))
                : station(rig.subject(), at -> rig.virtuoso(options, host, at));
        budgets = rig.third() && !options.selfCheck()
                ? Optional.of(station(BUDGETS, at -> host.side(BUDGETS, true, at)))
                : Optional.empty();
    }

    private Station station(final String name, final Station.Opening opening) throws BenchException {
        return new Station(name, options, Station.folder(dir, name), opening);
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
        return runInTurn(List.of(benchCase)).getFirst();
    }

    /**
     * Runs cases as {@link #run} does, but a pair of each in turn, until all have enough: they are held against each other, and
     * a machine that becomes slower or faster meanwhile does so for all.
     */
    public List<CaseResult> runInTurn(final List<BenchCase> cases) {
        final List<CaseRuns> all = cases.stream().map(CaseRuns::new).toList();
        while (all.stream().anyMatch(some -> some.failure.isEmpty() && !enough(some.pairs))) {
            all.stream().filter(some -> some.failure.isEmpty() && !stopped).forEach(some -> attempt(some, this::pair));
        }
        if (options.profiles().isPresent()) {
            final Profiler profiler = new Profiler(options.profiles().get());
            all.stream()
                    .filter(some -> some.failure.isEmpty() && !stopped)
                    .forEach(some -> attempt(some, one -> profile(profiler, one)));
        }
        return all.stream().map(CaseRuns::result).toList();
    }

    /** What there is of a case so far. */
    private static final class CaseRuns {
        private final BenchCase benchCase;
        private final List<Pair> pairs = new ArrayList<>();
        private Optional<String> failure = Optional.empty();
        private boolean settled;

        CaseRuns(final BenchCase benchCase) {
            this.benchCase = benchCase;
        }

        CaseResult result() {
            return new CaseResult(benchCase, pairs, failure);
        }
    }

    /** A step of a case. */
    @FunctionalInterface
    private interface Step {
        void take(CaseRuns some) throws BenchException;
    }

    private void attempt(final CaseRuns some, final Step step) {
        try {
            step.take(some);
        } catch (final BenchException e) {
            some.failure = Optional.of(at.name() + ": " + e.getMessage());
            failed = true;
            if (!stopped) {
                progress.accept(
                        some.benchCase.benchmark() + " " + some.benchCase.name() + " failed: " + some.failure.get());
            }
            at.close();
        }
    }

    private List<Station> stations() {
        return Stream.concat(Stream.of(kernel, virtuoso), budgets.stream()).toList();
    }

    private void pair(final CaseRuns some) throws BenchException {
        for (final Station station : stations()) {
            at = station;
            station.prepare(some.benchCase);
        }
        final List<Run> runs = new ArrayList<>();
        for (final Station station : stations()) {
            at = station;
            runs.add(station.run(some.benchCase.load(), hostPids()));
        }
        if (some.settled || options.smoke()) {
            some.pairs.add(
                    new Pair(runs.getFirst(), runs.get(1), runs.stream().skip(2).findFirst()));
            tell(some.benchCase, some.pairs);
        }
        some.settled = stations().stream().allMatch(Station::warm);
    }

    private void profile(final Profiler profiler, final CaseRuns some) throws BenchException {
        final BenchCase benchCase = some.benchCase;
        for (final Station station : stations()) {
            at = station;
            station.prepare(benchCase);
            final String name =
                    (benchCase.benchmark() + " " + benchCase.name() + " " + station.name()).replace(' ', '-');
            profiler.profile(
                    name,
                    options,
                    benchCase.load().startSeconds(),
                    station.jvmPids(),
                    () -> station.run(benchCase.load(), hostPids()));
        }
    }

    /** All host stacks: on one side's runs those of the other are idle, and that is part of the cost. */
    private List<Long> hostPids() {
        return stations().stream()
                .flatMap(station -> station.hostPids().stream())
                .distinct()
                .toList();
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
                "%s %s: pair %d, %s%s, %.2f times the %s side's rate",
                benchCase.benchmark(),
                benchCase.name(),
                pairs.size(),
                last.placement().label(),
                last.disturbed() ? ", disturbed" : "",
                last.rateRatio(),
                kernel.name()));
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
        stations().reversed().forEach(Station::close);
        if (failed && !stopped) {
            progress.accept("logs and configuration are in " + dir);
        } else {
            Folders.remove(dir);
        }
    }
}
