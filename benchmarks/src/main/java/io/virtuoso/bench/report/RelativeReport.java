package io.virtuoso.bench.report;

import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.CaseSummary.SideFigures;
import io.virtuoso.bench.stat.Spread;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What became of the first case's figures in the others, or of those of a series' first case in its others, on each side by
 * itself: medians divided by medians of the same placement.
 */
public final class RelativeReport {
    private static final String ROW = "%-17s %-9s %11s %8s %8s %8s %8s %8s %8s %8s %12s%n";
    private static final double PERCENT = 100;
    private static final double MEGA = 1e6;

    private final List<CaseResult> results;
    private final String subject;
    private final StringBuilder text = new StringBuilder();

    private RelativeReport(final List<CaseResult> results, final String subject) {
        this.results = results;
        this.subject = subject;
    }

    /**
     * Writes the table of one benchmark; empty if what the others are held against failed.
     *
     * @param subject the second side's name
     */
    public static String of(final List<CaseResult> results, final String subject) {
        final RelativeReport report = new RelativeReport(results, subject);
        final boolean held = results.stream()
                .anyMatch(some -> !Series.base(results, some).summaries().isEmpty());
        if (results.size() > 1 && held) {
            report.write();
        }
        return report.text.toString();
    }

    private void write() {
        final String bases = results.stream()
                .map(some -> "'" + Series.base(results, some).benchCase().name() + "'")
                .distinct()
                .collect(Collectors.joining(" and "));
        text.append("Against ").append(bases).append(", each side by itself:\n");
        row("case", "side", "per second", "kept", "p99 us", "grew", "CPU s/M", "grew", "host", "grew", "neighbours/s");
        SideRows.write(results, subject, this::side);
    }

    private void side(
            final String first,
            final String name,
            final CaseSummary summary,
            final Optional<CaseSummary> held,
            final Function<CaseSummary, SideFigures> side) {
        final SideFigures figures = side.apply(summary);
        final Optional<SideFigures> base = held.map(side);
        final boolean own = !figures.neighbours().known(); // processor time is that of neighbours, too
        row(
                first,
                name,
                Figures.rate(figures.rate().median()),
                percent(ratio(figures, base, SideFigures::rate)),
                Figures.plain(figures.p99().median()),
                Figures.times(ratio(figures, base, SideFigures::p99)),
                own ? Figures.plain(MEGA * figures.machine().median()) : "",
                own ? Figures.times(ratio(figures, base, SideFigures::machine)) : "",
                own ? Figures.plain(MEGA * figures.host().median()) : "",
                own ? Figures.times(ratio(figures, base, SideFigures::host)) : "",
                own ? "" : Figures.rate(figures.neighbours().median()));
    }

    /** @return the figures of a case in the placement that another case's have */
    static Optional<CaseSummary> base(final CaseResult result, final CaseSummary summary) {
        return result.summaries().stream()
                .filter(some -> some.placement() == summary.placement() && some.counted() == summary.counted())
                .findFirst();
    }

    /** @return a figure divided by the first case's; NaN without such */
    static double ratio(
            final SideFigures figures, final Optional<SideFigures> base, final Function<SideFigures, Spread> figure) {
        return base.map(some ->
                        figure.apply(figures).median() / figure.apply(some).median())
                .orElse(Double.NaN);
    }

    private static String percent(final double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f %%", PERCENT * share);
    }

    private void row(final Object... columns) {
        text.append(String.format(Locale.ROOT, ROW, columns).stripTrailing()).append('\n');
    }
}
