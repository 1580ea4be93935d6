package io.virtuoso.bench.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.run.Options;
import io.virtuoso.bench.stat.CaseSummary;
import io.virtuoso.bench.stat.CaseSummary.SideFigures;
import io.virtuoso.bench.stat.Pair;
import io.virtuoso.bench.stat.Run;
import io.virtuoso.bench.stat.Spread;
import java.util.List;
import java.util.Map;

/**
 * Results for programs: the settings, the machine, and for each case its summaries and every single run. Rates are
 * operations (bulk: bytes) per second, latencies microseconds, processor times seconds; unknown figures are null.
 */
public final class JsonReport {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private JsonReport() {}

    /** @param subject the second side's name, used as a member's name beside the first's, {@code kernel} as a rule */
    public static String of(
            final List<CaseResult> results,
            final Options options,
            final String subject,
            final Map<String, String> machine) {
        final ObjectNode root = NODES.objectNode();
        root.put("format", 1);
        final ObjectNode settings = root.putObject("settings");
        settings.put("seconds", options.seconds());
        settings.put("runs", options.runs());
        settings.put("cores", options.cores().label());
        settings.put("smoke", options.smoke());
        settings.put("self_check", options.selfCheck());
        settings.put("rig", options.rig().label());
        final ObjectNode notes = root.putObject("machine");
        machine.forEach(notes::put);
        final ArrayNode cases = root.putArray("cases");
        results.forEach(result -> cases.add(result(result, options.rig().baseline(), subject)));
        try {
            return MAPPER.writeValueAsString(root) + "\n";
        } catch (final JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values", e);
        }
    }

    private static ObjectNode result(final CaseResult result, final String baseline, final String subject) {
        final ObjectNode node = NODES.objectNode();
        node.put("benchmark", result.benchCase().benchmark());
        node.put("case", result.benchCase().name());
        node.put("load", result.benchCase().load().describe());
        node.put("operation", result.benchCase().unit() == BenchCase.Unit.OPERATIONS ? "request" : "byte");
        node.put("failure", result.failure().orElse(null));
        final ArrayNode summaries = node.putArray("summaries");
        result.summaries().forEach(summary -> summaries.add(summary(summary, baseline, subject)));
        final ArrayNode pairs = node.putArray("pairs");
        for (final Pair pair : result.pairs()) {
            final ObjectNode both = pairs.addObject();
            both.put("placement", pair.placement().label());
            both.put("comparable", pair.comparable());
            both.set(baseline, run(pair.kernel()));
            both.set(subject, run(pair.virtuoso()));
            pair.budgets().ifPresent(some -> both.set("budgets", run(some)));
        }
        return node;
    }

    private static ObjectNode summary(final CaseSummary summary, final String baseline, final String subject) {
        final ObjectNode node = NODES.objectNode();
        node.put("placement", summary.placement().label());
        node.put("counted", summary.counted());
        node.put("pairs", summary.pairs().size());
        node.put("disturbed", summary.disturbed());
        node.set(baseline, side(summary.kernel()));
        node.set(subject, side(summary.virtuoso()));
        summary.budgets().ifPresent(some -> node.set("budgets", side(some)));
        final ObjectNode ratio = node.putObject("ratio");
        ratio.set("rate", spread(summary.ratio(Pair::rateRatio)));
        ratio.set("p50", spread(summary.latencyRatio(Run.Latency::p50)));
        ratio.set("p99", spread(summary.latencyRatio(Run.Latency::p99)));
        ratio.set("p999", spread(summary.latencyRatio(Run.Latency::p999)));
        ratio.set("cpu_machine", spread(summary.ratio(Pair::cpuRatio)));
        return node;
    }

    private static ObjectNode side(final SideFigures figures) {
        final ObjectNode node = NODES.objectNode();
        node.set("rate", spread(figures.rate()));
        node.set("p50_us", spread(figures.p50()));
        node.set("p99_us", spread(figures.p99()));
        node.set("p999_us", spread(figures.p999()));
        node.set("max_us", spread(figures.max()));
        node.set("cpu_machine_per_operation", spread(figures.machine()));
        node.set("cpu_processes_per_operation", spread(figures.processes()));
        node.set("cpu_client_per_operation", spread(figures.client()));
        node.set("cpu_server_per_operation", spread(figures.server()));
        node.set("cpu_host_per_operation", spread(figures.host()));
        node.set("fairness", spread(figures.fairness()));
        node.set("late_share", spread(figures.late()));
        node.set("neighbours_rate", spread(figures.neighbours()));
        node.set("stack_delay_p50_us", spread(figures.delay50()));
        node.set("stack_delay_p99_us", spread(figures.delay99()));
        node.set("stack_delay_p999_us", spread(figures.delay999()));
        node.put("errors", figures.errors());
        return node;
    }

    private static ObjectNode run(final Run run) {
        final ObjectNode node = NODES.objectNode();
        node.put("placement", run.placement().label());
        node.put("probe_before_ns", run.probeBeforeNanos());
        node.put("probe_after_ns", run.probeAfterNanos());
        node.put("disturbed", run.disturbed());
        node.put("operations", run.operations());
        node.put("seconds", run.seconds());
        node.put("errors", run.errors());
        put(node, "p50_us", run.latency().p50());
        put(node, "p99_us", run.latency().p99());
        put(node, "p999_us", run.latency().p999());
        put(node, "max_us", run.latency().max());
        node.put("cpu_machine_s", run.cpu().machine());
        node.put("cpu_steal_s", run.cpu().steal());
        node.put("cpu_client_s", run.cpu().client());
        node.put("cpu_server_s", run.cpu().server());
        node.put("cpu_host_s", run.cpu().host());
        put(node, "fairness", run.wire().fairness());
        put(node, "late_share", run.wire().late());
        put(node, "neighbours_rate", run.neighbours());
        put(node, "stack_delay_p50_us", run.delay().p50());
        put(node, "stack_delay_p99_us", run.delay().p99());
        put(node, "stack_delay_p999_us", run.delay().p999());
        return node;
    }

    private static ObjectNode spread(final Spread spread) {
        final ObjectNode node = NODES.objectNode();
        put(node, "median", spread.median());
        put(node, "min", spread.min());
        put(node, "max", spread.max());
        node.put("count", spread.count());
        return node;
    }

    private static void put(final ObjectNode node, final String name, final double figure) {
        if (Double.isFinite(figure)) {
            node.put(name, figure);
        } else {
            node.putNull(name);
        }
    }
}
