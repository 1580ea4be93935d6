package io.virtuoso.bench.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.stat.Run;

/** Reads what load generators print. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** @param program named in the message when the text is no JSON */
    static JsonNode parse(final String program, final String text) throws BenchException {
        try {
            final JsonNode node = MAPPER.readTree(text);
            if (node == null || !node.isObject()) {
                throw new BenchException(program + " printed no result");
            }
            return node;
        } catch (final JsonProcessingException e) {
            throw new BenchException(program + " printed something else than JSON: " + e.getOriginalMessage(), e);
        }
    }

    static double number(final JsonNode node, final String name) {
        return node.path(name).asDouble(Double.NaN);
    }

    static Run.Latency latency(final JsonNode node) {
        return new Run.Latency(
                number(node, "p50_us"), number(node, "p99_us"), number(node, "p999_us"), number(node, "max_us"));
    }

    /** @param client the member that holds the load generator's own time */
    static Run.Cpu cpu(final JsonNode node, final String client) {
        return new Run.Cpu(
                node.path("cpu_machine_s").asDouble(),
                node.path("cpu_steal_s").asDouble(),
                node.path(client).asDouble(),
                node.path("cpu_server_s").asDouble(),
                node.path("cpu_host_s").asDouble(),
                node.path("cpu_others_s").asDouble());
    }
}
