package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.stat.Run;
import java.util.ArrayList;
import java.util.List;

/** iperf3; an operation is a byte that the receiving end counted. */
final class IperfLoad extends MeasuredLoad {
    private final int port;
    private final int streams;
    private final boolean reverse;

    IperfLoad(final int port, final int streams, final boolean reverse) {
        this.port = port;
        this.streams = streams;
        this.reverse = reverse;
    }

    @Override
    List<String> command(final Setting setting, final long seconds) {
        final List<String> command = new ArrayList<>(List.of(
                "iperf3",
                "--json",
                "--client",
                setting.side().serverAddress(),
                "--port",
                String.valueOf(port),
                "--time",
                String.valueOf(seconds),
                "--parallel",
                String.valueOf(streams)));
        if (reverse) {
            command.add("--reverse");
        }
        return command;
    }

    @Override
    boolean isTooEarly(final String output) {
        return output.contains("the server is busy running a test");
    }

    @Override
    Said read(final String output) throws BenchException {
        final JsonNode result = Json.parse("iperf3", output);
        if (result.has("error")) {
            throw new BenchException("iperf3: " + result.path("error").asText());
        }
        final JsonNode received = result.path("end").path("sum_received");
        return new Said(Json.number(received, "bytes"), Json.number(received, "seconds"), 0, Run.Latency.NONE);
    }

    @Override
    public String describe() {
        return "iperf3 --parallel " + streams + (reverse ? " --reverse" : "");
    }
}
