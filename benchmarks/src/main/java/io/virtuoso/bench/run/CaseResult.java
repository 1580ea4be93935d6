package io.virtuoso.bench.run;

import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.Pair;
import java.util.List;
import java.util.Optional;

/**
 * All that came of one case.
 *
 * @param pairs every pair, comparable or not, in order
 * @param failure what went wrong, if anything did
 */
public record CaseResult(BenchCase benchCase, List<Pair> pairs, Optional<String> failure) {
    /** @return the pairs by placement */
    public List<CaseSummary> summaries() {
        return CaseSummary.of(pairs);
    }
}
