package io.virtuoso.bench.report;

import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.CaseSummary.SideFigures;
import io.virtuoso.bench.stat.Spread;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/** The figures of {@link RelativeReport} as drawings: one for each series of cases and each figure. */
public final class RelativePlots {
    private final List<CaseResult> results;
    private final String subject;

    private RelativePlots(final List<CaseResult> results, final String subject) {
        this.results = results;
        this.subject = subject;
    }

    /**
     * Draws what there is to draw of one benchmark: each {@link Series} of two cases or more.
     *
     * @return SVG documents by name
     */
    public static SequencedMap<String, String> of(
            final String benchmark, final List<CaseResult> results, final String subject) {
        final RelativePlots plots = new RelativePlots(results, subject);
        final SequencedMap<String, String> drawings = new LinkedHashMap<>();
        final SequencedMap<String, List<CaseResult>> series = Series.all(results);
        series.values().removeIf(cases -> cases.size() < 2);
        series.forEach((name, cases) -> {
            final String file = benchmark + "-" + name.replace(' ', '-');
            drawings.put(file + "-rate", plots.draw(name, "rate, of the first case's", cases, SideFigures::rate));
            drawings.put(file + "-p99", plots.draw(name, "p99, of the first case's", cases, SideFigures::p99));
            drawings.put(
                    file + "-cpu",
                    plots.draw(name, "CPU per request, of the first case's", cases, SideFigures::machine));
        });
        return drawings;
    }

    private String draw(
            final String name,
            final String title,
            final List<CaseResult> cases,
            final Function<SideFigures, Spread> figure) {
        final List<String> labels = new ArrayList<>();
        final List<Double> kernel = new ArrayList<>();
        final List<Double> virtuoso = new ArrayList<>();
        final List<Double> budgets = new ArrayList<>();
        for (final CaseResult result : cases) {
            final Optional<CaseSummary> summary = result.summaries().stream().findFirst();
            final CaseResult held = Series.base(results, result);
            labels.add(Series.of(result).label());
            kernel.add(ratio(summary, held, CaseSummary::kernel, figure));
            virtuoso.add(ratio(summary, held, CaseSummary::virtuoso, figure));
            if (summary.flatMap(CaseSummary::budgets).isPresent()) {
                budgets.add(ratio(summary, held, some -> some.budgets().orElseThrow(), figure));
            }
        }
        final Map<String, List<Double>> lines = new HashMap<>(Map.of("kernel", kernel, subject, virtuoso));
        if (budgets.size() == cases.size()) {
            lines.put("budgets", budgets);
        }
        return SvgPlot.of(title, name, labels, lines);
    }

    private static double ratio(
            final Optional<CaseSummary> summary,
            final CaseResult held,
            final Function<CaseSummary, SideFigures> side,
            final Function<SideFigures, Spread> figure) {
        return summary.map(some -> RelativeReport.ratio(
                        side.apply(some), RelativeReport.base(held, some).map(side), figure))
                .orElse(Double.NaN);
    }
}
