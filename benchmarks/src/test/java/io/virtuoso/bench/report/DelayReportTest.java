package io.virtuoso.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.bench.load.Catalogue;
import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.stat.Pair;
import io.virtuoso.bench.stat.Run;
import io.virtuoso.bench.stat.Runs;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DelayReportTest {
    private static CaseResult result(final int index, final Run virtuoso) {
        final Pair pair = new Pair(Runs.run(100, 1, Runs.NEAR), virtuoso, Optional.of(virtuoso));
        return new CaseResult(Catalogue.cases("isolation").get(index), List.of(pair), Optional.empty());
    }

    @Test
    void shouldShowWhatWaitedInTheStackAndHowItGrew() {
        final String text = DelayReport.of(
                List.of(
                        result(0, Runs.delayed(1000, new Run.Delay(2, 10, 20))),
                        result(3, Runs.delayed(900, new Run.Delay(3, 40, 90)))),
                "virtuoso");
        assertTrue(text.lines().anyMatch(line -> line.matches("connections 256 +kernel +- +- +- +- +- +99.0")), text);
        assertTrue(
                text.lines().anyMatch(line -> line.matches("near +virtuoso +3.00 +1.50 x +40.0 +4.00 x +90.0 +99.0")),
                text);
        assertTrue(text.lines().anyMatch(line -> line.matches(" +budgets +3.00 .*")), text);
        assertTrue(text.lines().allMatch(line -> line.length() <= 120), text);
    }

    @Test
    void shouldSayNothingWhereNobodyCounts() {
        assertEquals("", DelayReport.of(List.of(result(0, Runs.run(100, 1, Runs.NEAR))), "kernel-2"));
    }
}
