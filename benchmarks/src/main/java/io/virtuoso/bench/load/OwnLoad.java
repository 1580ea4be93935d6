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
 * @param port    of the server; {@link #NO_PORT} if they use no network
 * @param counted the member of its output that counts as operations: {@code operations} or {@code bytes}
 */
public record OwnLoad(String program, List<String> options, int port, String counted) implements Load {
    static final int NO_PORT = 0;

    private static final double PATIENCE_SECONDS = 150;

    @Override
    public Sample run(final Setting setting) throws BenchException {
        return sample(ask(setting, setting.watch()));
    }

    /**
     * Runs it as tenant 0's client.
     *
     * @param more options that make it watch other processes or wait
     * @return what it printed
     */
    JsonNode ask(final Setting setting, final List<String> more) throws BenchException {
        final List<String> all = client(setting, setting.side().serverAddress());
        all.addAll(List.of("--seconds", String.valueOf(setting.seconds())));
        all.addAll(List.of("--warm-up", String.valueOf(setting.warmUp())));
        all.addAll(more);
        final Duration limit = Duration.ofMillis((long) (1000 * (setting.seconds() + PATIENCE_SECONDS)));
        final Shell.Output output = Shell.run(setting.placed(all), Map.of(), limit);
        if (output.status() == TooLateException.STATUS) {
            throw new TooLateException(Shell.describe(List.of(describe()), output));
        }
        if (output.status() != 0) {
            throw new BenchException(Shell.describe(List.of(describe()), output));
        }
        return Json.parse(program, output.out());
    }

    /** @return the measurement in what it printed */
    Sample sample(final JsonNode result) {
        return new Sample(
                Json.number(result, counted),
                Json.number(result, "seconds"),
                result.path("errors").asLong(),
                Json.latency(result),
                Json.cpu(result, "cpu_self_s"));
    }

    /** @return the command of the client, without its times */
    List<String> client(final Setting setting, final String server) {
        final List<String> all = new ArrayList<>(words(setting));
        if (port != NO_PORT) {
            all.addAll(List.of("--host", server, "--port", String.valueOf(port)));
        }
        all.addAll(options);
        return all;
    }

    /** @return the command of the server that belongs to it */
    List<String> server(final Setting setting) {
        final List<String> all = new ArrayList<>(List.of(words(setting).getFirst(), "server"));
        if (port != NO_PORT) {
            all.addAll(List.of("--port", String.valueOf(port)));
        }
        return all;
    }

    private List<String> words(final Setting setting) {
        final List<String> words = new ArrayList<>(List.of(program.split(" ")));
        words.set(0, setting.tool(words.getFirst()));
        return words;
    }

    @Override
    public String describe() {
        return program + " " + String.join(" ", options);
    }
}
