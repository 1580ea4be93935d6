package io.virtuoso.bench.report;

import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.CaseSummary.SideFigures;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** What of a tenant's latency is the host stack's: how long its commands wait there, in each case. */
public final class DelayReport {
    private static final String ROW = "%-17s %-9s %10s %8s %10s %8s %10s %12s%n";

    private final List<CaseResult> results;
    private final StringBuilder text = new StringBuilder();

    private DelayReport(final List<CaseResult> results) {
        this.results = results;
    }

    /**
     * Writes the table of one benchmark; empty if no side counts delays.
     *
     * @param subject the second side's name
     */
    public static String of(final List<CaseResult> results, final String subject) {
        final DelayReport report = new DelayReport(results);
        if (results.stream().flatMap(result -> result.summaries().stream()).anyMatch(DelayReport::known)) {
            report.write(subject);
        }
        return report.text.toString();
    }

    private static boolean known(final CaseSummary summary) {
        return summary.virtuoso().delay99().known();
    }

    private void write(final String subject) {
        text.append("Tenant 0 in the stack, from a command's or packet's being there to its service, at most:\n");
        row("case", "side", "p50 us", "grew", "p99 us", "grew", "p99.9 us", "request p99");
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
        row(
                first,
                name,
                Figures.plain(figures.delay50().median()),
                Figures.times(RelativeReport.ratio(figures, base, SideFigures::delay50)),
                Figures.plain(figures.delay99().median()),
                Figures.times(RelativeReport.ratio(figures, base, SideFigures::delay99)),
                Figures.plain(figures.delay999().median()),
                Figures.plain(figures.p99().median()));
    }

    private void row(final Object... columns) {
        text.append(String.format(Locale.ROOT, ROW, columns).stripTrailing()).append('\n');
    }
}
