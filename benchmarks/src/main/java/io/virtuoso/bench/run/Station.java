package io.virtuoso.bench.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtuoso.bench.load.Load;
import io.virtuoso.bench.load.Sample;
import io.virtuoso.bench.load.ServerProgram;
import io.virtuoso.bench.load.Setting;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Child;
import io.virtuoso.bench.side.Shell;
import io.virtuoso.bench.side.Side;
import io.virtuoso.bench.stat.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One side at work: keeps it and the server of the current case running, and runs loads on it. */
final class Station implements AutoCloseable {
    private static final int REACH_MILLIS = 5000;
    private static final Duration REACH_LIMIT = Duration.ofMillis(2L * REACH_MILLIS);
    private static final String SERVER_CORE = "1";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String name;
    private final Options options;
    private final Path dir;
    private final Opening opening;
    private Side side;
    private Child server;
    private ServerProgram program;

    /** Makes a side. */
    @FunctionalInterface
    interface Opening {
        /** @param dir a folder for the side's files */
        Side open(Path dir) throws BenchException;
    }

    Station(final String name, final Options options, final Path dir, final Opening opening) {
        this.name = name;
        this.options = options;
        this.dir = dir;
        this.opening = opening;
    }

    String name() {
        return name;
    }

    List<Long> hostPids() {
        return side == null ? List.of() : side.hostPids();
    }

    /** Sees to it that side and server run; starts anew what has ended. */
    void prepare(final ServerProgram wanted) throws BenchException {
        if (side != null && !side.healthy()) {
            close();
        }
        if (side == null) {
            side = opening.open(dir);
        }
        if (server != null && (!server.alive() || !wanted.name().equals(program.name()))) {
            stopServer();
        }
        if (server == null) {
            startServer(wanted);
        }
    }

    private void startServer(final ServerProgram wanted) throws BenchException {
        final List<String> command =
                new ArrayList<>(options.pinned() ? List.of("taskset", "-c", SERVER_CORE) : List.of());
        try {
            command.addAll(side.asServer(wanted.preparation().prepare(options.tools(), dir)));
        } catch (final IOException e) {
            throw new BenchException("cannot prepare " + wanted.name() + ": " + e.getMessage(), e);
        }
        program = wanted;
        server = Child.start(wanted.name(), command, Map.of(), dir.resolve(wanted.name() + ".log"));
        final List<String> reach = side.asClient(List.of(
                options.tools().resolve("probe").toString(),
                "reach",
                side.serverAddress(),
                String.valueOf(wanted.port()),
                String.valueOf(REACH_MILLIS)));
        final Shell.Output reached = Shell.run(reach, Map.of(), REACH_LIMIT);
        if (reached.status() != 0) {
            throw new BenchException(
                    wanted.name() + " cannot be reached: " + reached.err().strip() + " | " + server.lastWords());
        }
    }

    /** Runs a load once, between two placement probes; {@link #prepare} must have been called. */
    Run run(final Load load, final List<Long> hostPids) throws BenchException {
        final Setting setting = new Setting(
                options.tools(),
                side,
                dir,
                options.seconds(),
                options.warmUp(),
                options.pinned(),
                server.pids(),
                hostPids);
        final double before = probe();
        final Sample sample = load.run(setting);
        if (!(sample.operations() > 0)) {
            throw new BenchException(load.describe() + ": no operation was completed");
        }
        return sample.between(before, probe());
    }

    private double probe() throws BenchException {
        final String text = Shell.run(options.tools().resolve("probe").toString(), "placement");
        try {
            return MAPPER.readTree(text).path("round_trip_ns").asDouble();
        } catch (final JsonProcessingException e) {
            throw new BenchException("the placement probe printed something else than JSON", e);
        }
    }

    private void stopServer() {
        if (server != null) {
            server.close();
        }
        server = null;
        program = null;
    }

    @Override
    public void close() {
        stopServer();
        if (side != null) {
            side.close();
        }
        side = null;
    }

    /** @return a folder for a side's files, readable by servers that give up root */
    static Path folder(final Path parent, final String name) throws BenchException {
        try {
            return Files.createDirectories(parent.resolve(name));
        } catch (final IOException e) {
            throw new BenchException("no folder " + parent.resolve(name) + ": " + e.getMessage(), e);
        }
    }
}
