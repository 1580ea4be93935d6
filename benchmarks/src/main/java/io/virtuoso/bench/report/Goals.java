package io.virtuoso.bench.report;

import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.CaseSummary.SideFigures;
import io.virtuoso.bench.stat.Pair;
import io.virtuoso.bench.stat.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * What the project wants of a benchmark, and what was measured: a line for each goal and side, with the case that is worst.
 * Only pairs that count are judged, against pairs of the same placement.
 */
public final class Goals {
    private static final double LEAST_KEPT = 0.97;
    private static final double MOST_GROWTH = 1.10;
    private static final double LEAST_USED = 0.95;
    private static final double BUDGETS_COST = 1.02;
    private static final double TUNNEL_COST = 1.03;
    private static final String SCALE_SERIES = """
            guests: 200 connections in all, so that each guest has fewer the more there are; guests c32: guests that are alike,
            32 connections of each client, however many there are. Each series is held against its own 2 guests.
            """;
    private static final String ALONE = "alone";
    private static final String SPINNING = "spinning";

    private final List<CaseResult> results;
    private final StringBuilder text = new StringBuilder();

    private Goals(final List<CaseResult> results) {
        this.results = results;
    }

    /**
     * Judges one benchmark; empty if it has no goals.
     *
     * @param subject the second side's name
     */
    public static String of(final String benchmark, final List<CaseResult> results, final String subject) {
        final Goals goals = new Goals(results);
        switch (benchmark) {
            case "isolation" -> goals.isolation(subject);
            case "scale" -> goals.scale(subject);
            case "budgets" -> goals.cost("CPU per request that budgets add", BUDGETS_COST);
            case "tunnel" -> goals.cost("CPU per request that the tunnel adds", TUNNEL_COST);
            default -> {
                return "";
            }
        }
        return "\nGoals, by the medians of the pairs that count:\n" + goals.text;
    }

    /** One figure of one case in one placement. */
    private record Found(String name, double figure) {}

    private SequencedMap<String, Function<CaseSummary, Optional<SideFigures>>> sides(final String subject) {
        final SequencedMap<String, Function<CaseSummary, Optional<SideFigures>>> sides = new LinkedHashMap<>();
        sides.put("kernel", some -> Optional.of(some.kernel()));
        sides.put(subject, some -> Optional.of(some.virtuoso()));
        sides.put("budgets", CaseSummary::budgets);
        return sides;
    }

    private void isolation(final String subject) {
        sides(subject).forEach((side, figures) -> {
            judge("rate kept beside a neighbour", side, LEAST_KEPT, true, relative(figures, SideFigures::rate));
        });
        sides(subject).forEach((side, figures) -> {
            judge("p99 beside a neighbour grew to", side, MOST_GROWTH, false, relative(figures, SideFigures::p99));
        });
        results.stream()
                .filter(some -> some.benchCase().name().equals(SPINNING))
                .forEach(base -> spinning(subject, base));
        judge("rate alone, of that without budgets", "budgets", LEAST_USED, true, unusedShare());
    }

    /** Beside a neighbour that only computes, a tenant gets what the processors' scheduler leaves it. */
    private void spinning(final String subject, final CaseResult base) {
        sides(subject).forEach((side, figures) -> {
            judge(
                    "rate, of that beside spinning",
                    side,
                    LEAST_KEPT,
                    true,
                    relative(results, base, figures, SideFigures::rate));
        });
        sides(subject).forEach((side, figures) -> {
            judge(
                    "p99, of that beside spinning",
                    side,
                    MOST_GROWTH,
                    false,
                    relative(results, base, figures, SideFigures::p99));
        });
    }

    /** Each series by itself: that the one meets the goal says nothing of the other. */
    private void scale(final String subject) {
        Series.all(results).forEach((series, cases) -> {
            final String what = "CPU per request, " + series + ", grew to";
            sides(subject).forEach((side, figures) -> {
                judge(what, side, MOST_GROWTH, false, relative(cases, cases.getFirst(), figures, SideFigures::machine));
            });
        });
        text.append(SCALE_SERIES);
    }

    private void cost(final String what, final double most) {
        final List<Found> found = new ArrayList<>();
        each(
                results,
                (name, summary) ->
                        found.add(new Found(name, summary.ratio(Pair::cpuRatio).median())));
        judge(what + ", of that without", "", most, false, found);
    }

    /** A case, by its name and placement. */
    @FunctionalInterface
    private interface Visitor {
        void visit(String name, CaseSummary summary);
    }

    private static void each(final List<CaseResult> results, final Visitor visitor) {
        for (final CaseResult result : results) {
            for (final CaseSummary summary : result.summaries()) {
                if (summary.counted()) {
                    visitor.visit(
                            result.benchCase().name() + ", "
                                    + summary.placement().label(),
                            summary);
                }
            }
        }
    }

    private List<Found> relative(
            final Function<CaseSummary, Optional<SideFigures>> side, final Function<SideFigures, Spread> figure) {
        return relative(results, results.getFirst(), side, figure);
    }

    /** A figure of all cases but the first, {@code alone} and {@code spinning}, of another case's. */
    private static List<Found> relative(
            final List<CaseResult> results,
            final CaseResult held,
            final Function<CaseSummary, Optional<SideFigures>> side,
            final Function<SideFigures, Spread> figure) {
        final List<Found> found = new ArrayList<>();
        final String first = results.getFirst().benchCase().name();
        each(results, (name, summary) -> {
            if (!name.startsWith(first + ",") && !name.startsWith(ALONE) && !name.startsWith(SPINNING)) {
                final Optional<SideFigures> base =
                        RelativeReport.base(held, summary).flatMap(side);
                side.apply(summary)
                        .map(some -> RelativeReport.ratio(some, base, figure))
                        .filter(Double::isFinite)
                        .ifPresent(ratio -> found.add(new Found(name, ratio)));
            }
        });
        return found;
    }

    /** What a tenant with budgets gets that is alone, of what it gets without budgets. */
    private List<Found> unusedShare() {
        final List<Found> found = new ArrayList<>();
        each(results, (name, summary) -> {
            if (name.startsWith(ALONE) && summary.budgets().isPresent()) {
                final double rate = summary.budgets().get().rate().median();
                found.add(new Found(name, rate / summary.virtuoso().rate().median()));
            }
        });
        return found;
    }

    private void judge(
            final String what, final String side, final double limit, final boolean least, final List<Found> found) {
        if (found.isEmpty()) {
            return;
        }
        Found worst = found.getFirst();
        int met = 0;
        for (final Found some : found) {
            final boolean worse = least ? some.figure() < worst.figure() : some.figure() > worst.figure();
            worst = worse ? some : worst;
            met += (least ? some.figure() >= limit : some.figure() <= limit) ? 1 : 0;
        }
        text.append(String.format(
                Locale.ROOT,
                "%-36s %-9s %s %.0f %%: %s, %d of %d cases; worst %.1f %% (%s)%n",
                what,
                side,
                least ? ">=" : "<=",
                100 * limit,
                met == found.size() ? "met" : "missed",
                met,
                found.size(),
                100 * worst.figure(),
                worst.name()));
    }
}
