package io.virtuoso.host.tcp.script;

import java.util.Map;

/** A number of a script, exact or as a range with both ends inside. Times are nanoseconds. */
record Span(long min, long max) {
    static final Span ZERO = exactly(0);

    private static final Map<String, Long> UNITS = Map.of(
            "us", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "min", 60_000_000_000L,
            "h", 3_600_000_000_000L,
            "d", 86_400_000_000_000L);

    static Span exactly(long value) {
        return new Span(value, value);
    }

    /** {@code 5}, {@code 5..9} or {@code 200ms..1.2s}; {@code 0} needs no unit. */
    static Span parse(String text) {
        int dots = text.indexOf("..");
        Span span = dots < 0
                ? exactly(number(text))
                : new Span(number(text.substring(0, dots)), number(text.substring(dots + 2)));
        if (span.min > span.max) {
            throw new IllegalArgumentException("an empty range: " + text);
        }
        return span;
    }

    /** A whole number, or a time with its unit. */
    static long number(String text) {
        int end = text.length();
        while (end > 0 && Character.isLetter(text.charAt(end - 1))) {
            end--;
        }
        try {
            if (end == text.length()) {
                return Long.parseLong(text);
            }
            Long unit = UNITS.get(text.substring(end));
            if (unit != null) {
                return Math.round(Double.parseDouble(text.substring(0, end)) * unit);
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("neither a number nor a time: " + text);
    }

    boolean contains(long value) {
        return min <= value && value <= max;
    }

    boolean isExact() {
        return min == max;
    }

    @Override
    public String toString() {
        return isExact() ? Long.toString(min) : min + ".." + max;
    }

    String asTime() {
        return isExact() ? time(min) : time(min) + ".." + time(max);
    }

    static String time(long ns) {
        long fraction = ns % 1_000_000_000L;
        if (fraction == 0) {
            return ns / 1_000_000_000L + "s";
        }
        return fraction % 1_000_000L == 0 ? ns / 1_000_000L + "ms" : ns / 1_000L + "us";
    }
}
