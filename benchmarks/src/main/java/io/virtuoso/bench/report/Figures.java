package io.virtuoso.bench.report;

import io.virtuoso.bench.load.BenchCase.Unit;
import io.virtuoso.bench.stat.Spread;
import java.util.Locale;
import java.util.function.DoubleFunction;

/** Writes numbers so that people can read and compare them. */
final class Figures {
    private static final double KILO = 1e3;
    private static final double MEGA = 1e6;
    private static final double GIGA = 1e9;
    private static final double BITS = 8;

    private Figures() {}

    /** @return four significant digits, with k or M: {@code 442.6 k}; a dash when unknown */
    static String rate(final double figure) {
        if (Double.isNaN(figure)) {
            return "-";
        }
        if (figure >= MEGA) {
            return digits(figure / MEGA, 4) + " M";
        }
        return figure >= KILO ? digits(figure / KILO, 4) + " k" : digits(figure, 4);
    }

    /** @return a rate as its unit has it: {@code 442.6 k} per second, {@code 96.1} Gbit/s or Mbit/s */
    static String rate(final Unit unit, final double figure) {
        return switch (unit) {
            case OPERATIONS -> rate(figure);
            case BYTES -> plain(figure * BITS / GIGA);
            case GOODPUT -> plain(figure * BITS / MEGA);
        };
    }

    static String rate(final Unit unit, final Spread spread) {
        return spread(spread, figure -> rate(unit, figure));
    }

    /** @return processor seconds per million operations, or per gigabyte */
    static double cpu(final Unit unit, final double perOperation) {
        return perOperation * (unit == Unit.OPERATIONS ? MEGA : GIGA);
    }

    static String cpu(final Unit unit, final Spread spread) {
        return spread(spread, figure -> plain(cpu(unit, figure)));
    }

    /** @return three significant digits; a dash when unknown */
    static String plain(final double figure) {
        return Double.isNaN(figure) ? "-" : digits(figure, 3);
    }

    /** @return {@code 2.96 x} */
    static String times(final double figure) {
        return Double.isNaN(figure) || Double.isInfinite(figure) ? "-" : digits(figure, 3) + " x";
    }

    static String times(final Spread spread) {
        if (spread.count() < 2) {
            return times(spread.median());
        }
        return times(spread.median()) + " [" + plain(spread.min()) + " - " + plain(spread.max()) + "]";
    }

    /** The median, and the range where there is more than one figure. */
    private static String spread(final Spread spread, final DoubleFunction<String> text) {
        final String median = text.apply(spread.median());
        if (spread.count() < 2) {
            return median;
        }
        return median + " [" + text.apply(spread.min()) + " - " + text.apply(spread.max()) + "]";
    }

    private static String digits(final double figure, final int significant) {
        if (figure == 0) {
            return "0";
        }
        final int before = (int) Math.floor(Math.log10(Math.abs(figure))) + 1;
        final int decimals = Math.max(0, Math.min(3, significant - before));
        return String.format(Locale.ROOT, "%." + decimals + "f", figure);
    }
}
