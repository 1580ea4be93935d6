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

class GoalsTest {
    private static CaseResult isolation(final String name, final Run kernel, final Run virtuoso, final Run budgets) {
        final Pair pair = new Pair(kernel, virtuoso, Optional.of(budgets));
        final int index = Catalogue.cases("isolation").stream()
                .map(some -> some.name())
                .toList()
                .indexOf(name);
        return new CaseResult(Catalogue.cases("isolation").get(index), List.of(pair), Optional.empty());
    }

    private static CaseResult result(
            final String benchmark, final int index, final double cpu, final double otherCpu, final double probe) {
        final Pair pair = new Pair(Runs.run(1000, cpu, probe), Runs.run(1000, otherCpu, probe));
        return new CaseResult(Catalogue.cases(benchmark).get(index), List.of(pair), Optional.empty());
    }

    private static Run run(final double operations) {
        return Runs.run(operations, 1, Runs.NEAR);
    }

    private static void assertLine(final String text, final String expression) {
        assertTrue(text.lines().anyMatch(line -> line.matches(expression)), text);
    }

    @Test
    void shouldHoldTheWorstCaseOfEachSideAgainstTheGoal() {
        final String text = Goals.of(
                "isolation",
                List.of(
                        isolation("equal", run(100), run(1000), run(1000)),
                        isolation("spinning", run(90), run(500), run(1000)),
                        isolation("size 1024", run(98), run(800), run(980)),
                        isolation("depth 16", run(97), run(970), run(1010)),
                        isolation("alone", run(150), run(2000), run(1800))),
                "virtuoso");
        assertLine(text, "rate kept .* kernel +>= 97 %: met, 2 of 2 cases; worst 97.0 % \\(depth 16, near\\)");
        assertLine(text, "rate kept .* virtuoso +>= 97 %: missed, 1 of 2 cases; worst 80.0 % \\(size 1024, near\\)");
        assertLine(text, "rate kept .* budgets +>= 97 %: met, 2 of 2 cases; worst 98.0 % .*");
        assertLine(text, "p99 .* budgets +<= 110 %: met, 2 of 2 cases; worst 100.0 % .*");
        assertLine(
                text, "rate, of that beside spinning +virtuoso +>= 97 %: met, 2 of 2 .* 160.0 % \\(size 1024, near\\)");
        assertLine(text, "p99, of that beside spinning +kernel +<= 110 %: met, 2 of 2 cases; worst 100.0 % .*");
        assertLine(text, "rate alone, .* budgets +>= 95 %: missed, 0 of 1 cases; worst 90.0 % \\(alone, near\\)");
        assertTrue(text.lines().allMatch(line -> line.length() <= 120), text);
    }

    @Test
    void shouldJudgeWhatARequestCostsWithMoreGuests() {
        final String text = Goals.of(
                "scale",
                List.of(result("scale", 0, 1, 1, Runs.NEAR), result("scale", 5, 1.5, 1.05, Runs.NEAR)),
                "virtuoso");
        assertLine(
                text, "CPU per request, guests, grew to +kernel +<= 110 %: missed, .* 150.0 % \\(200 guests, near\\)");
        assertLine(text, "CPU per request, guests, grew to +virtuoso +<= 110 %: met, .* 105.0 % .*");
    }

    @Test
    void shouldJudgeEachSeriesByItself() {
        final String text = Goals.of(
                "scale",
                List.of(
                        result("scale", 0, 1, 1, Runs.NEAR),
                        result("scale", 5, 1, 9, Runs.NEAR),
                        result("scale", 6, 2, 3, Runs.NEAR),
                        result("scale", 11, 2.4, 3.15, Runs.NEAR)),
                "virtuoso");
        assertLine(
                text,
                "CPU per request, guests, grew to +virtuoso +<= 110 %: missed, 0 of 1 .* 900.0 % \\(200 guests,.*");
        assertLine(
                text,
                "CPU per request, guests c32, grew to +virtuoso +<= 110 %: met, 1 of 1 .* 105.0 % \\(200 guests c32,.*");
        assertLine(text, "CPU per request, guests c32, grew to +kernel +<= 110 %: missed, .* 120.0 % .*");
        assertTrue(text.lines().allMatch(line -> line.length() <= 120), text);
    }

    @Test
    void shouldJudgeWhatBudgetsAndTunnelsCost() {
        final String budgets = Goals.of("budgets", List.of(result("budgets", 0, 1, 1.015, Runs.NEAR)), "budgets");
        assertLine(budgets, "CPU per request that budgets add, .*<= 102 %: met, .* 101.5 % .*");
        final String tunnel = Goals.of("tunnel", List.of(result("tunnel", 0, 1, 1.04, Runs.FAR)), "vxlan");
        assertLine(tunnel, "CPU per request that the tunnel adds, .*<= 103 %: missed, .* 104.0 % \\(.*, far\\)");
    }

    @Test
    void shouldJudgeNothingThatDoesNotCount() {
        final String text = Goals.of(
                "isolation",
                List.of(
                        isolation("equal", run(100), run(1000), run(1000)),
                        isolation("size 1024", run(98), Runs.disturbed(800, 1, Runs.NEAR), run(980))),
                "virtuoso");
        assertTrue(text.lines().noneMatch(line -> line.contains("rate kept")), text);
        assertEquals("", Goals.of("rpc", List.of(), "virtuoso"));
    }
}
