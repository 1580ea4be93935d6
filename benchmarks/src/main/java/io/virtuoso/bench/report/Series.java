package io.virtuoso.bench.report;

import io.virtuoso.bench.load.Catalogue;
import io.virtuoso.bench.run.CaseResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cases whose names differ by their first number only: {@code size 1024} is of {@code size}, {@code 200 guests} of
 * {@code guests}, {@code 200 guests c32} of {@code guests c32}.
 *
 * @param name of the series
 * @param label the case's number; empty if it has none
 */
record Series(String name, String label) {
    private static final Pattern FIRST_NUMBER = Pattern.compile(" ?\\b([0-9]+)\\b ?");

    static Series of(final CaseResult result) {
        final String name = result.benchCase().name();
        final Matcher number = FIRST_NUMBER.matcher(name);
        return number.find() ? new Series(number.replaceFirst(""), number.group(1)) : new Series(name, "");
    }

    /** @return the cases of each series, in order */
    static SequencedMap<String, List<CaseResult>> all(final List<CaseResult> results) {
        final SequencedMap<String, List<CaseResult>> series = new LinkedHashMap<>();
        results.forEach(some ->
                series.computeIfAbsent(of(some).name(), _ -> new ArrayList<>()).add(some));
        return series;
    }

    /** @return what a case is held against: the first one of all, or of its series where each stands for itself */
    static CaseResult base(final List<CaseResult> results, final CaseResult result) {
        return Catalogue.bySeries(result.benchCase().benchmark())
                ? all(results).get(of(result).name()).getFirst()
                : results.getFirst();
    }
}
