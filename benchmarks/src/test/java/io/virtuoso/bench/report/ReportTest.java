package io.virtuoso.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.load.Catalogue;
import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.run.Options;
import io.virtuoso.bench.run.Rig;
import io.virtuoso.bench.side.Cores;
import io.virtuoso.bench.stat.Pair;
import io.virtuoso.bench.stat.Runs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Options OPTIONS =
            new Options(Path.of("/nowhere"), 1, 5, Cores.FREE, false, false, Optional.empty(), Rig.LOCAL);
    private static final List<Pair> PAIRS = List.of(
            new Pair(Runs.run(400_000, 1.8, Runs.NEAR), Runs.run(1_200_000, 1.8, Runs.NEAR)),
            new Pair(Runs.run(500_000, 1.9, Runs.NEAR), Runs.run(1_000_000, 1.9, Runs.NEAR)));

    private static CaseResult result(final int index, final List<Pair> pairs, final Optional<String> failure) {
        final BenchCase benchCase = Catalogue.cases("rpc").get(index);
        return new CaseResult(benchCase, pairs, failure);
    }

    @Test
    void shouldShowBothSidesAndTheRatioOfEachCase() {
        final String text = TextReport.of("rpc", List.of(result(1, PAIRS, Optional.empty())), OPTIONS, "virtuoso");
        assertTrue(text.contains("64 B c32 d1"), text);
        assertTrue(text.contains("450.0 k [400.0 k - 500.0 k]"), text);
        assertTrue(text.contains("1.100 M [1.000 M - 1.200 M]"), text);
        assertTrue(text.contains("2.50 x [2.00 - 3.00]"), text);
        assertTrue(text.contains("near, 2 pairs"), text);
    }

    @Test
    void shouldShowFairnessInsteadOfLatencyForRunsOverAWire() {
        final BenchCase mixed = Catalogue.briefCases("wan").get(2);
        final List<Pair> pairs = List.of(new Pair(Runs.overWire(1_250_000, 0), Runs.overWire(12_500_000, 0.001)));
        final String text =
                TextReport.of("wan", List.of(new CaseResult(mixed, pairs, Optional.empty())), OPTIONS, "virtuoso");
        assertTrue(text.contains("Mbit/s"), text);
        assertTrue(text.contains("any, 1 pair"), text);
        assertTrue(text.lines().anyMatch(line -> line.matches(".*virtuoso +100 +0.987 +0.100 .*")), text);
        assertTrue(text.lines().allMatch(line -> line.length() <= 120), text);
    }

    @Test
    void shouldNameThePortInTheHeading() {
        final Options options =
                new Options(Path.of("/nowhere"), 1, 5, Cores.FREE, false, false, Optional.empty(), Rig.XDP);
        final String text = TextReport.of("rpc", List.of(result(1, PAIRS, Optional.empty())), options, "virtuoso");
        assertTrue(text.startsWith("rpc: requests answered by their echo, from a kernel's client through an xdp port"));
    }

    @Test
    void shouldShowFailedCasesToo() {
        final CaseResult failed = result(0, List.of(), Optional.of("virtuoso: no operation was completed"));
        final String text = TextReport.of("rpc", List.of(failed), OPTIONS, "virtuoso");
        assertTrue(text.contains("64 B c1 d1      FAILED   virtuoso: no operation was completed"), text);
    }

    @Test
    void shouldNotBeWiderThanATerminal() {
        final String text = TextReport.of("rpc", List.of(result(1, PAIRS, Optional.empty())), OPTIONS, "virtuoso")
                + TextReport.legend();
        assertTrue(text.lines().allMatch(line -> line.length() <= 120), text);
    }

    @Test
    void shouldWriteSummariesAndEveryRunAsJson() throws Exception {
        final String text = JsonReport.of(
                List.of(result(1, PAIRS, Optional.empty())), OPTIONS, "virtuoso", Map.of("kernel", "6.18"));
        final JsonNode root = new ObjectMapper().readTree(text);
        final JsonNode some = root.path("cases").path(0);
        assertEquals("64 B c32 d1", some.path("case").asText());
        assertTrue(some.path("failure").isNull());
        assertEquals(2.5, some.at("/summaries/0/ratio/rate/median").asDouble());
        assertEquals("near", some.at("/summaries/0/placement").asText());
        assertEquals(1_200_000, some.at("/pairs/0/virtuoso/operations").asDouble());
        assertEquals("6.18", root.at("/machine/kernel").asText());
    }
}
