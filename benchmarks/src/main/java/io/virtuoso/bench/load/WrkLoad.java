package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** wrk with one thread. */
final class WrkLoad extends MeasuredLoad {
    /** Called by wrk at its end; percentiles are in microseconds. */
    private static final String REPORT = """
            done = function(summary, latency, requests)
              local e = summary.errors
              io.write(string.format('\\n{"operations": %d, "seconds": %.6f, "errors": %d, "p50_us": %.3f, ' ..
                '"p99_us": %.3f, "p999_us": %.3f, "max_us": %.3f}\\n', summary.requests, summary.duration / 1e6,
                e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99),
                latency:percentile(99.9), latency.max))
            end
            """;

    private final int port;
    private final int connections;
    private final String path;
    private final boolean keepAlive;

    WrkLoad(final int port, final int connections, final String path, final boolean keepAlive) {
        this.port = port;
        this.connections = connections;
        this.path = path;
        this.keepAlive = keepAlive;
    }

    /** Writes wrk's report script into a side's folder. */
    static void prepare(final Path dir) throws IOException {
        Files.writeString(dir.resolve("report.lua"), REPORT);
    }

    @Override
    List<String> command(final Setting setting, final long seconds) {
        final List<String> command = new ArrayList<>(List.of("wrk", "-t1", "-c" + connections, "-d" + seconds + "s"));
        if (!keepAlive) {
            command.addAll(List.of("-H", "Connection: close"));
        }
        command.addAll(List.of("-s", setting.dir().resolve("report.lua").toString()));
        command.add("http://" + setting.side().serverAddress() + ":" + port + path);
        return command;
    }

    @Override
    Said read(final String output) throws BenchException {
        final int start = output.lastIndexOf("\n{");
        final JsonNode result = Json.parse("wrk", start < 0 ? "" : output.substring(start));
        return new Said(
                Json.number(result, "operations"),
                Json.number(result, "seconds"),
                result.path("errors").asLong(),
                Json.latency(result));
    }

    @Override
    public String describe() {
        return "wrk -t1 -c" + connections + (keepAlive ? " " : " -H 'Connection: close' ") + path;
    }
}
