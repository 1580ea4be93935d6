package io.virtuoso.bench.stat;

import java.util.Arrays;
import java.util.Collection;

/**
 * The median of some figures with their least and greatest.
 *
 * @param count how many figures there were; 0 makes the others NaN
 */
public record Spread(double median, double min, double max, int count) {
    /** @return the spread of all figures that are numbers; NaN means that a run has no such figure */
    public static Spread of(final Collection<Double> figures) {
        final double[] sorted = figures.stream()
                .mapToDouble(Double::doubleValue)
                .filter(figure -> !Double.isNaN(figure))
                .sorted()
                .toArray();
        if (sorted.length == 0) {
            return new Spread(Double.NaN, Double.NaN, Double.NaN, 0);
        }
        return new Spread(middle(sorted), sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    /** @return the spread of the given figures */
    public static Spread of(final double... figures) {
        return of(Arrays.stream(figures).boxed().toList());
    }

    /** @return whether there is any figure */
    public boolean known() {
        return count > 0;
    }

    private static double middle(final double[] sorted) {
        final int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
