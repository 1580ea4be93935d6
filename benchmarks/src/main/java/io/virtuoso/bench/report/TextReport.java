package io.virtuoso.bench.report;

import io.virtuoso.bench.load.BenchCase.Unit;
import io.virtuoso.bench.load.Catalogue;
import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.run.Options;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.CaseSummary.SideFigures;
import io.virtuoso.bench.stat.Pair;
import io.virtuoso.bench.stat.Run;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Results as a table for people, at most 120 columns wide. */
public final class TextReport {
    private static final String ROW = "%-15s %-8s %-27s %7s %7s %8s %-22s %6s %6s %5s%n";
    private static final int WIDTH = 120;
    private static final int NAME_WIDTH = 15;
    private static final double PERCENT = 100;

    private final Options options;
    private final String subject;
    private final StringBuilder text = new StringBuilder();

    private TextReport(final Options options, final String subject) {
        this.options = options;
        this.subject = subject;
    }

    /**
     * Writes the table of one benchmark.
     *
     * @param subject the second side's name
     */
    public static String of(
            final String benchmark, final List<CaseResult> results, final Options options, final String subject) {
        final TextReport report = new TextReport(options, subject);
        report.heading(benchmark, results.getFirst().benchCase().unit());
        results.forEach(report::result);
        return report.text.toString();
    }

    /** @return how the tables are to be read */
    public static String legend() {
        return """
                Medians [min - max] over runs; ratio: within each pair of runs that followed each other. Rate: more is
                better. Latency and CPU: less is better. CPU machine: busy time of all cores: client, server, kernel and
                host stack; client, server, host: these processes alone. near, far: whether the two cores shared a
                cache; only runs of the same placement with nothing else running are compared; where none is left, all
                are shown as "not counted". any: bounded by a simulated network, whatever the processors are like. Jain:
                fairness index of the flows, 1 is even; late: % of packets that this network delivered over 1 ms late.
                """;
    }

    private void heading(final String benchmark, final Unit unit) {
        final String policy = String.format(
                Locale.ROOT,
                "%ss runs, cores %s",
                Figures.plain(options.seconds()) + " ",
                options.cores().label());
        final String title =
                benchmark + ": " + Catalogue.title(benchmark) + options.rig().heading();
        text.append(title)
                .append(" ".repeat(Math.max(2, WIDTH - title.length() - policy.length())))
                .append(policy)
                .append('\n');
        final boolean wire = unit == Unit.GOODPUT;
        row(
                "case",
                "side",
                switch (unit) {
                    case OPERATIONS -> "per second";
                    case BYTES -> "Gbit/s";
                    case GOODPUT -> "Mbit/s";
                },
                wire ? "Jain" : "p50 us",
                wire ? "late %" : "p99 us",
                wire ? "" : "p99.9 us",
                unit == Unit.OPERATIONS ? "CPU s/M: machine" : "CPU s/GB: machine",
                "client",
                "server",
                "host");
        text.append("-".repeat(WIDTH)).append('\n');
    }

    private void result(final CaseResult result) {
        final String name = result.benchCase().name();
        final boolean fits = name.length() <= NAME_WIDTH || result.summaries().isEmpty();
        if (!fits) {
            text.append(name).append('\n');
        }
        String first = fits ? name : "";
        for (final CaseSummary summary : result.summaries()) {
            summary(first, result.benchCase().unit(), summary);
            first = "";
        }
        result.failure()
                .ifPresent(failure -> text.append(String.format(Locale.ROOT, "%-15s FAILED   %s%n", name, failure)));
    }

    private void summary(final String name, final Unit unit, final CaseSummary summary) {
        final SideFigures kernel = summary.kernel();
        final SideFigures virtuoso = summary.virtuoso();
        side(name, options.rig().baseline(), unit, kernel);
        side(placement(summary), subject, unit, virtuoso);
        summary.budgets().ifPresent(some -> side("", "budgets", unit, some));
        row(
                errors(kernel.errors() + virtuoso.errors()),
                "ratio",
                Figures.times(summary.ratio(Pair::rateRatio)),
                unit == Unit.GOODPUT ? "" : times(summary, Run.Latency::p50),
                unit == Unit.GOODPUT ? "" : times(summary, Run.Latency::p99),
                unit == Unit.GOODPUT ? "" : times(summary, Run.Latency::p999),
                kernel.neighbours().known() ? "" : Figures.times(summary.ratio(Pair::cpuRatio)),
                "",
                "",
                "");
    }

    private static String times(final CaseSummary summary, final ToDoubleFunction<Run.Latency> figure) {
        return Figures.times(summary.latencyRatio(figure).median());
    }

    private void side(final String first, final String name, final Unit unit, final SideFigures figures) {
        final boolean wire = unit == Unit.GOODPUT;
        final boolean own = !figures.neighbours().known(); // processor time is that of neighbours, too
        row(
                first,
                name,
                Figures.rate(unit, figures.rate()),
                Figures.plain((wire ? figures.fairness() : figures.p50()).median()),
                Figures.plain(
                        wire ? PERCENT * figures.late().median() : figures.p99().median()),
                wire ? "" : Figures.plain(figures.p999().median()),
                own ? Figures.cpu(unit, figures.machine()) : "",
                own ? Figures.plain(Figures.cpu(unit, figures.client().median())) : "",
                own ? Figures.plain(Figures.cpu(unit, figures.server().median())) : "",
                own ? Figures.plain(Figures.cpu(unit, figures.host().median())) : "");
    }

    private static String placement(final CaseSummary summary) {
        final String pairs =
                summary.pairs().size() == 1 ? "1 pair" : summary.pairs().size() + " pairs";
        if (summary.counted()) {
            return summary.placement().label() + ", " + pairs;
        }
        return "not counted, " + summary.pairs().size();
    }

    private static String errors(final long errors) {
        return errors == 0 ? "" : errors + " ERRORS";
    }

    private void row(final Object... columns) {
        final String line = String.format(Locale.ROOT, ROW, columns);
        text.append(line.stripTrailing()).append('\n');
    }
}
