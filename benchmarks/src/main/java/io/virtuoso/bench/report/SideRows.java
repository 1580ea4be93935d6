package io.virtuoso.bench.report;

import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.CaseSummary.SideFigures;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The rows of a table that has one for each side of each case. */
interface SideRows {
    /**
     * @param first what stands in front: the case's name, then its placement
     * @param name  of the side
     * @param base  of the same placement, what the case is held against
     * @param side  takes the side's figures out of a summary, and out of those it is held against
     */
    void row(
            String first,
            String name,
            CaseSummary summary,
            Optional<CaseSummary> base,
            Function<CaseSummary, SideFigures> side);

    /** @param subject the second side's name */
    static void write(final List<CaseResult> results, final String subject, final SideRows rows) {
        for (final CaseResult result : results) {
            String name = result.benchCase().name();
            final CaseResult held = Series.base(results, result);
            for (final CaseSummary summary : result.summaries()) {
                final Optional<CaseSummary> base = RelativeReport.base(held, summary);
                rows.row(name, "kernel", summary, base, CaseSummary::kernel);
                rows.row(summary.placement().label(), subject, summary, base, CaseSummary::virtuoso);
                if (summary.budgets().isPresent()) {
                    rows.row(
                            "", "budgets", summary, base, some -> some.budgets().orElseThrow());
                }
                name = "";
            }
        }
    }
}
