package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Dialogue;
import java.time.Duration;
import java.util.Optional;

/**
 * The blocking echo client, a JVM that stays up: it opens connections and works for the length of the warm-up, then is
 * counted, then closes them.
 */
record JvmClientLoad(ServerProgram program, int size, int connections) implements Load {
    private static final double PATIENCE_SECONDS = 90;

    @Override
    public Optional<ServerProgram> client() {
        return Optional.of(program);
    }

    @Override
    public Sample run(final Setting setting) throws BenchException {
        final Dialogue client = setting.client().orElseThrow(() -> new BenchException("the client JVM does not run"));
        expect(client, "warm " + setting.warmUp() + " " + size + " " + connections, "ready", setting.warmUp());
        final CpuSample before = cpu(setting, client);
        final String line = client.ask("measure " + setting.seconds(), limit(setting.seconds()));
        final CpuSample after = cpu(setting, client);
        expect(client, "stop", "stopped", 0);
        final JsonNode result = Json.parse("EchoClient", line);
        return new Sample(
                Json.number(result, "operations"),
                Json.number(result, "seconds"),
                result.path("errors").asLong(),
                Json.latency(result),
                before.until(after));
    }

    private static CpuSample cpu(final Setting setting, final Dialogue client) throws BenchException {
        return CpuSample.take(client.pid(), setting.serverPids(), setting.hostPids());
    }

    private static void expect(final Dialogue client, final String line, final String answer, final double seconds)
            throws BenchException {
        final String said = client.ask(line, limit(seconds));
        if (!said.equals(answer)) {
            throw new BenchException("EchoClient answered '" + said + "' instead of '" + answer + "'");
        }
    }

    private static Duration limit(final double seconds) {
        return Duration.ofMillis((long) (1000 * (seconds + PATIENCE_SECONDS)));
    }

    @Override
    public String describe() {
        return "EchoClient --size " + size + " --connections " + connections;
    }
}
