package io.virtuoso.host.control;

import io.virtuoso.host.policy.Direction;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.policy.PolicyRule;
import io.virtuoso.host.policy.PolicyRules;
import io.virtuoso.protocol.Errno;
import java.util.Locale;
import java.util.Map;

/** What {@code virtuoso policy} prints. */
final class PolicyReport {
    private static final String ROW = "%-12s %4s %-3s %-24s %-32s %-8s %-11s %-20s %10s%n";

    private PolicyReport() {}

    /** @param gates the policies, by network; those that allow everything are left out */
    static String print(final Map<String, PolicyGate.Report> gates) {
        final StringBuilder out = new StringBuilder();
        out.append(row("Network", "Rule", "Dir", "Guests", "Peer", "Protocol", "Port", "Action", "Hits"));
        gates.forEach((network, report) -> {
            if (!report.rules().equals(PolicyRules.NONE)) {
                print(network, report, out);
            }
        });
        return out.toString();
    }

    private static void print(final String network, final PolicyGate.Report report, final StringBuilder out) {
        final PolicyRules rules = report.rules();
        final int count = rules.rules().size();
        for (int i = 0; i < count; i++) {
            final PolicyRule rule = rules.rules().get(i);
            out.append(row(
                    network,
                    Integer.toString(i + 1),
                    rule.direction().text(),
                    rule.guests().toString(),
                    peer(rule),
                    rule.protocol().map(protocol -> protocol.text()).orElse("any"),
                    rule.ports().toString(),
                    action(rule.verdict()),
                    report.hits().get(i).toString()));
        }
        out.append(defaults(network, Direction.IN, rules.in(), report.hits().get(count)));
        out.append(defaults(network, Direction.OUT, rules.out(), report.hits().get(count + 1)));
    }

    private static String defaults(
            final String network, final Direction direction, final int verdict, final long hits) {
        return row(network, "-", direction.text(), "any", "any", "any", "any", action(verdict), Long.toString(hits));
    }

    private static String peer(final PolicyRule rule) {
        final String guests = rule.peers().toString();
        final String block = rule.block().map(Object::toString).orElse("any");
        return "any".equals(block) ? guests : "any".equals(guests) ? block : guests + "," + block;
    }

    private static String action(final int verdict) {
        return switch (verdict) {
            case Policy.ALLOW -> "allow";
            case Policy.DROP -> "drop";
            default -> "refuse " + Errno.name(verdict);
        };
    }

    private static String row(final String... columns) {
        return String.format(Locale.ROOT, ROW, (Object[]) columns);
    }
}
