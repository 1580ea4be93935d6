package io.virtuoso.bench.stat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * The pairs of one case that share a placement, ready to be printed.
 *
 * @param counted whether the pairs are comparable; false for the leftovers that are shown only so that no case vanishes
 * @param disturbed how many of the pairs shared the machine with other work
 */
public record CaseSummary(Placement placement, boolean counted, int disturbed, List<Pair> pairs) {
    /** Figures of one side over all pairs. Processor time is in seconds per operation (bulk: per byte). */
    public record SideFigures(
            Spread rate,
            Spread p50,
            Spread p99,
            Spread p999,
            Spread max,
            Spread machine,
            Spread processes,
            Spread client,
            Spread server,
            Spread host,
            Spread fairness,
            Spread late,
            Spread neighbours,
            Spread delay50,
            Spread delay99,
            Spread delay999,
            long errors) {
        static SideFigures of(final List<Run> runs) {
            return new SideFigures(
                    spread(runs, Run::rate),
                    spread(runs, run -> run.latency().p50()),
                    spread(runs, run -> run.latency().p99()),
                    spread(runs, run -> run.latency().p999()),
                    spread(runs, run -> run.latency().max()),
                    spread(runs, Run::machinePerOperation),
                    spread(runs, run -> run.cpu().processes() / run.operations()),
                    spread(runs, run -> run.cpu().client() / run.operations()),
                    spread(runs, run -> run.cpu().server() / run.operations()),
                    spread(runs, run -> run.cpu().host() / run.operations()),
                    spread(runs, run -> run.wire().fairness()),
                    spread(runs, run -> run.wire().late()),
                    spread(runs, Run::neighbours),
                    spread(runs, run -> run.delay().p50()),
                    spread(runs, run -> run.delay().p99()),
                    spread(runs, run -> run.delay().p999()),
                    runs.stream().mapToLong(Run::errors).sum());
        }
    }

    /**
     * Sorts pairs by placement. Where none is comparable, all of them come back as one summary that does not count.
     *
     * @return one summary for each placement that has comparable pairs, near before far
     */
    public static List<CaseSummary> of(final List<Pair> pairs) {
        final Map<Placement, List<Pair>> comparable = new EnumMap<>(Placement.class);
        for (final Pair pair : pairs) {
            if (pair.comparable()) {
                comparable
                        .computeIfAbsent(pair.placement(), _ -> new ArrayList<>())
                        .add(pair);
            }
        }
        final List<CaseSummary> summaries = new ArrayList<>();
        comparable.forEach((placement, some) -> summaries.add(new CaseSummary(placement, true, 0, some)));
        if (summaries.isEmpty() && !pairs.isEmpty()) {
            final int disturbed = (int) pairs.stream().filter(Pair::disturbed).count();
            summaries.add(new CaseSummary(Placement.MIXED, false, disturbed, List.copyOf(pairs)));
        }
        return summaries;
    }

    /** @return the kernel's figures */
    public SideFigures kernel() {
        return SideFigures.of(pairs.stream().map(Pair::kernel).toList());
    }

    /** @return Virtuoso's figures */
    public SideFigures virtuoso() {
        return SideFigures.of(pairs.stream().map(Pair::virtuoso).toList());
    }

    /** @return the figures of guests with budgets, where there is a third side */
    public Optional<SideFigures> budgets() {
        final List<Run> runs =
                pairs.stream().flatMap(pair -> pair.budgets().stream()).toList();
        return runs.isEmpty() ? Optional.empty() : Optional.of(SideFigures.of(runs));
    }

    /** @return the spread of a ratio, formed within each pair */
    public Spread ratio(final ToDoubleFunction<Pair> ratio) {
        return Spread.of(pairs.stream().map(ratio::applyAsDouble).toList());
    }

    /** @return Virtuoso's latency figure divided by the kernel's, within each pair */
    public Spread latencyRatio(final ToDoubleFunction<Run.Latency> figure) {
        return ratio(pair -> figure.applyAsDouble(pair.virtuoso().latency())
                / figure.applyAsDouble(pair.kernel().latency()));
    }

    private static Spread spread(final List<Run> runs, final ToDoubleFunction<Run> figure) {
        return Spread.of(runs.stream().map(figure::applyAsDouble).toList());
    }
}
