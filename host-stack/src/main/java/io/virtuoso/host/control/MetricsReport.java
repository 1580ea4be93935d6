package io.virtuoso.host.control;

import io.virtuoso.host.account.DelayHistogram;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counters as OpenMetrics text (version 1.0.0), for Prometheus and its like: those of a guest, or of a virtual machine, with
 * its name as a label, times in seconds; all others by their own names, of unknown type, since some of them may fall.
 * Besides, a histogram for each guest of how long its commands and packets waited.
 */
final class MetricsReport {
    private static final String OF_GUEST = "guest.";
    private static final String OF_CPU = "cpu.";
    private static final double NS_PER_SECOND = 1e9;
    /** Delays are told apart by powers of two, from a microsecond to two seconds. */
    private static final int FIRST_POWER = 10;

    private static final int LAST_POWER = 31;

    private MetricsReport() {}

    /**
     * @param counters by the names that {@code virtuoso stats} shows
     * @param bills    of the guests
     */
    static String print(final Map<String, Long> counters, final List<Bills.Bill> bills) {
        final Map<String, StringBuilder> families = new LinkedHashMap<>();
        new TreeMap<>(counters).forEach((name, value) -> {
            if (name.startsWith(OF_GUEST)) {
                ofGuest(families, name, value);
            } else if (name.startsWith(OF_CPU)) {
                add(
                        families,
                        "cpu_seconds",
                        "counter",
                        "{of=\"" + name.substring(OF_CPU.length()) + "\"}",
                        seconds(value));
            } else {
                add(families, name.replaceAll("[^a-zA-Z0-9]", "_"), "unknown", "", Long.toString(value));
            }
        });
        final StringBuilder text = new StringBuilder();
        families.values().forEach(text::append);
        delays(text, bills);
        return text.append("# EOF\n").toString();
    }

    private static void delays(final StringBuilder text, final List<Bills.Bill> bills) {
        if (!bills.isEmpty()) {
            text.append("# TYPE virtuoso_guest_delay_seconds histogram\n");
        }
        for (final Bills.Bill bill : bills) {
            long sum = 0;
            int bucket = 0;
            for (int power = FIRST_POWER; power <= LAST_POWER; power++) {
                final long bound = (1L << power) - 1;
                for (; bucket < bill.delays().size() && DelayHistogram.longest(bucket) <= bound; bucket++) {
                    sum += bill.delays().get(bucket);
                }
                bucket(text, bill.guest(), seconds(bound), sum);
            }
            bucket(
                    text,
                    bill.guest(),
                    "+Inf",
                    bill.delays().stream().mapToLong(Long::longValue).sum());
        }
    }

    private static void bucket(final StringBuilder text, final String guest, final String bound, final long count) {
        text.append("virtuoso_guest_delay_seconds_bucket{guest=\"")
                .append(guest)
                .append("\",le=\"")
                .append(bound)
                .append("\"} ")
                .append(count)
                .append('\n');
    }

    /** Names of guests may have dots, those of their counters have none. */
    private static void ofGuest(final Map<String, StringBuilder> families, final String name, final long value) {
        final int dot = name.lastIndexOf('.');
        final String label = "{guest=\"" + name.substring(OF_GUEST.length(), dot) + "\"}";
        final String counter = name.substring(dot + 1);
        switch (counter) {
            case "connections" -> add(families, "guest_connections", "gauge", label, Long.toString(value));
            case "cpu", "waited", "limited" ->
                add(families, "guest_" + counter + "_seconds", "counter", label, seconds(value));
            default -> add(families, "guest_" + counter, "counter", label, Long.toString(value));
        }
    }

    private static String seconds(final long nanoseconds) {
        return String.format(Locale.ROOT, "%.9f", nanoseconds / NS_PER_SECOND);
    }

    private static void add(
            final Map<String, StringBuilder> families,
            final String name,
            final String type,
            final String label,
            final String value) {
        final String family = "virtuoso_" + name;
        families.computeIfAbsent(family, key -> new StringBuilder("# TYPE " + key + " " + type + "\n"))
                .append(family)
                .append(type.equals("counter") ? "_total" : "")
                .append(label)
                .append(' ')
                .append(value)
                .append('\n');
    }
}
