package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Shell;
import io.virtuoso.bench.stat.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A load generator of the distribution, wrapped in {@code measure}: processor time is that of the whole run, from its
 * start to its end. Whole seconds only.
 */
abstract class MeasuredLoad implements Load {
    private static final long PATIENCE_SECONDS = 90;

    /** What such a program says by itself. */
    record Said(double operations, double seconds, long errors, Run.Latency latency) {}

    /** @return the command, the program's name first */
    abstract List<String> command(Setting setting, long seconds);

    /** @return the result in the program's standard output */
    abstract Said read(String output) throws BenchException;

    /** @return whether the server, by what the program said, is still busy with the run before */
    boolean isTooEarly(final String output) {
        return false;
    }

    @Override
    public final Sample run(final Setting setting) throws BenchException {
        final long seconds = Math.max(1, Math.round(setting.seconds()));
        final Path measured = setting.dir().resolve("measured.json");
        final List<String> command = new ArrayList<>(List.of(setting.tool("measure"), "--out", measured.toString()));
        command.addAll(setting.watch());
        command.add("--");
        command.addAll(setting.placed(command(setting, seconds)));
        final Duration limit = Duration.ofSeconds(seconds + PATIENCE_SECONDS);
        final long giveUp = System.nanoTime() + limit.toNanos();
        Shell.Output output = Shell.run(command, Map.of(), limit);
        while (isTooEarly(output.out()) && System.nanoTime() < giveUp) {
            output = Shell.run(command, Map.of(), limit);
        }
        if (output.status() != 0) {
            throw new BenchException(Shell.describe(List.of(describe()), output) + tail(output.out()));
        }
        final Said said = read(output.out());
        final JsonNode cost = Json.parse("measure", contents(measured));
        return new Sample(
                said.operations(), said.seconds(), said.errors(), said.latency(), Json.cpu(cost, "cpu_children_s"));
    }

    private static String tail(final String text) {
        final String stripped = text.strip();
        return stripped.isEmpty() ? "" : " (" + stripped.substring(Math.max(0, stripped.length() - 200)) + ")";
    }

    private static String contents(final Path file) throws BenchException {
        try {
            return Files.readString(file);
        } catch (final IOException e) {
            throw new BenchException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }
}
