package io.virtuoso.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.load.Catalogue;
import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.stat.Pair;
import io.virtuoso.bench.stat.Run;
import io.virtuoso.bench.stat.Runs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RelativeReportTest {
    private static final List<BenchCase> SCALE = Catalogue.cases("scale");

    private static CaseResult result(final int index, final double kernel, final double virtuoso, final double probe) {
        final Pair pair = new Pair(Runs.run(kernel, 1, probe), Runs.run(virtuoso, 1, probe));
        return new CaseResult(SCALE.get(index), List.of(pair), Optional.empty());
    }

    @Test
    void shouldHoldEachSideAgainstItsOwnFirstCase() {
        final String text = RelativeReport.of(
                List.of(result(0, 200_000, 1_000_000, Runs.NEAR), result(1, 100_000, 970_000, Runs.NEAR)), "virtuoso");
        assertTrue(text.lines().anyMatch(line -> line.matches("8 guests +kernel +100.0 k +50.0 % .*")), text);
        assertTrue(text.lines().anyMatch(line -> line.matches("near +virtuoso +970.0 k +97.0 % .*")), text);
        assertTrue(text.lines().allMatch(line -> line.length() <= 120), text);
    }

    @Test
    void shouldHoldEachSeriesAgainstItsOwnFirstCase() {
        final List<CaseResult> results = List.of(
                result(0, 200_000, 1_000_000, Runs.NEAR),
                result(5, 100_000, 100_000, Runs.NEAR),
                result(6, 50_000, 500_000, Runs.NEAR),
                result(11, 45_000, 450_000, Runs.NEAR));
        final String text = RelativeReport.of(results, "virtuoso");
        assertTrue(text.startsWith("Against '2 guests' and '2 guests c32', each side by itself:"), text);
        assertTrue(text.lines().anyMatch(line -> line.matches("near +virtuoso +100.0 k +10.0 % .*")), text);
        assertTrue(text.lines().anyMatch(line -> line.matches("200 guests c32 +kernel +45.00 k +90.0 % .*")), text);
        assertTrue(text.lines().anyMatch(line -> line.matches("near +virtuoso +450.0 k +90.0 % .*")), text);
        final Map<String, String> drawings = RelativePlots.of("scale", results, "virtuoso");
        assertEquals(6, drawings.size());
        final String alike = drawings.get("scale-guests-c32-rate");
        assertEquals(4, alike.split("<circle", -1).length - 1, alike);
        assertTrue(alike.contains(">200</text>") && alike.contains(">guests c32</text>"), alike);
    }

    @Test
    void shouldShowASeriesWhereAnothersFirstCaseFailed() {
        final CaseResult failed = new CaseResult(SCALE.getFirst(), List.of(), Optional.of("no"));
        final String text = RelativeReport.of(
                List.of(failed, result(6, 50_000, 500_000, Runs.NEAR), result(11, 40_000, 400_000, Runs.NEAR)),
                "virtuoso");
        assertTrue(text.lines().anyMatch(line -> line.matches("near +virtuoso +400.0 k +80.0 % .*")), text);
    }

    @Test
    void shouldCompareNothingOfAnotherPlacement() {
        final String text = RelativeReport.of(
                List.of(result(0, 200_000, 1_000_000, Runs.NEAR), result(1, 80_000, 400_000, Runs.FAR)), "virtuoso");
        assertTrue(text.lines().anyMatch(line -> line.matches("8 guests +kernel +80.00 k +- .*")), text);
    }

    @Test
    void shouldSayNothingWithoutAFirstCase() {
        final CaseResult failed = new CaseResult(SCALE.getFirst(), List.of(), Optional.of("no"));
        assertEquals("", RelativeReport.of(List.of(failed, result(1, 1, 1, Runs.NEAR)), "virtuoso"));
    }

    @Test
    void shouldDrawALineForEachSide() {
        final Map<String, String> drawings = RelativePlots.of(
                "scale",
                List.of(result(0, 200_000, 1_000_000, Runs.NEAR), result(1, 100_000, 970_000, Runs.NEAR)),
                "virtuoso");
        assertEquals(
                List.of("scale-guests-rate", "scale-guests-p99", "scale-guests-cpu"), List.copyOf(drawings.keySet()));
        final String rate = drawings.get("scale-guests-rate");
        assertEquals(4, rate.split("<circle", -1).length - 1, rate);
        assertTrue(rate.contains(">kernel</text>") && rate.contains(">virtuoso</text>"), rate);
    }

    @Test
    void shouldShowAndDrawAThirdSide() {
        final List<CaseResult> results = List.of(withBudgets(0, 1_000_000), withBudgets(1, 990_000));
        final String text = RelativeReport.of(results, "virtuoso");
        assertTrue(text.lines().anyMatch(line -> line.matches(" +budgets +990.0 k +99.0 % .*")), text);
        final String rate = RelativePlots.of("scale", results, "virtuoso").get("scale-guests-rate");
        assertEquals(6, rate.split("<circle", -1).length - 1, rate);
        assertTrue(rate.contains(">budgets</text>"), rate);
    }

    private static CaseResult withBudgets(final int index, final double rate) {
        final Run run = Runs.run(rate, 1, Runs.NEAR);
        return new CaseResult(SCALE.get(index), List.of(new Pair(run, run, Optional.of(run))), Optional.empty());
    }

    @Test
    void shouldEndAnAxisAtARoundFigure() {
        assertEquals(1, SvgPlot.ceiling(0.97));
        assertEquals(2, SvgPlot.ceiling(1.01));
        assertEquals(0.5, SvgPlot.ceiling(0.4), 1e-12);
        assertEquals(50, SvgPlot.ceiling(21));
    }
}
