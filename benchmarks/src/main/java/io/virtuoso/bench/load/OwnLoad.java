package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One of the project's own load generators, which measure time, latency and processor time within their window.
 *
 * @param counted the member of its output that counts as operations: {@code operations} or {@code bytes}
 */
public record OwnLoad(String program, List<String> options, int port, String counted) implements Load {
    private static final double PATIENCE_SECONDS = 20;

    @Override
    public Sample run(final Setting setting) throws BenchException {
        final List<String> command = setting.placed(arguments(setting));
        final Duration limit = Duration.ofMillis((long) (1000 * (setting.seconds() + PATIENCE_SECONDS)));
        final Shell.Output output = Shell.run(command, Map.of(), limit);
        if (output.status() != 0) {
            throw new BenchException(Shell.describe(List.of(describe()), output));
        }
        final JsonNode result = Json.parse(program, output.out());
        return new Sample(
                Json.number(result, counted),
                Json.number(result, "seconds"),
                result.path("errors").asLong(),
                Json.latency(result),
                Json.cpu(result, "cpu_self_s"));
    }

    private List<String> arguments(final Setting setting) {
        final List<String> all = new ArrayList<>();
        final List<String> words = List.of(program.split(" "));
        all.add(setting.tool(words.getFirst()));
        all.addAll(words.subList(1, words.size()));
        all.addAll(List.of("--host", setting.side().serverAddress(), "--port", String.valueOf(port)));
        all.addAll(options);
        all.addAll(List.of("--seconds", String.valueOf(setting.seconds())));
        all.addAll(List.of("--warm-up", String.valueOf(setting.warmUp())));
        all.addAll(setting.watch());
        return all;
    }

    @Override
    public String describe() {
        return program + " " + String.join(" ", options);
    }
}
