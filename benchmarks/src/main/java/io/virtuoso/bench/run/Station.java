package io.virtuoso.bench.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.load.Load;
import io.virtuoso.bench.load.Sample;
import io.virtuoso.bench.load.ServerProgram;
import io.virtuoso.bench.load.Setting;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Child;
import io.virtuoso.bench.side.Dialogue;
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
import java.util.Optional;
import java.util.function.UnaryOperator;

/** One side at work: keeps it and the server of the current case running, and runs loads on it. */
final class Station implements AutoCloseable {
    /** Until a server serves, which on a busy machine a virtual one takes minutes for: so often, while it lives. */
    private static final int REACH_TRIES = 20;

    private static final int REACH_MILLIS = 15_000;
    private static final Duration REACH_LIMIT = Duration.ofMillis(4L * REACH_MILLIS);
    private static final int SMOKE_TRIES = 20;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String name;
    private final Options options;
    private final Path dir;
    private final Opening opening;
    private Side side;
    private Child server;
    private ServerProgram program;
    private Dialogue client;
    private ServerProgram clientProgram;
    private double loadedSeconds;

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

    /** @return the processes here that are JVMs: the host stack, and programs that are Java */
    List<Long> jvmPids() {
        final List<Long> pids = new ArrayList<>(hostPids());
        if (server != null && program.jvm()) {
            pids.addAll(server.pids());
        }
        if (client != null && clientProgram.jvm()) {
            pids.add(client.pid());
        }
        return pids;
    }

    /** @return whether what runs here has been under load long enough to be measured */
    boolean warm() {
        return loadedSeconds >= program.warmUpSeconds();
    }

    /** Sees to it that side, server and a client that stays up run; starts anew what has ended. */
    void prepare(final BenchCase benchCase) throws BenchException {
        if (side != null && !side.healthy()) {
            close();
        }
        if (side == null) {
            side = opening.open(dir);
        }
        prepareServer(benchCase.server());
        prepareClient(benchCase.load().client());
    }

    private void prepareServer(final ServerProgram wanted) throws BenchException {
        if (server != null && (!server.alive() || !wanted.name().equals(program.name()))) {
            stopServer();
        }
        if (server == null) {
            startServer(wanted);
        }
    }

    private void prepareClient(final Optional<ServerProgram> wanted) throws BenchException {
        final boolean same = client != null
                && client.alive()
                && wanted.isPresent()
                && wanted.get().name().equals(clientProgram.name());
        if (same) {
            return;
        }
        stopClient();
        if (wanted.isPresent()) {
            clientProgram = wanted.get();
            final List<String> command =
                    options.cores().asClient(command(clientProgram, side::asJvmClient, side::asClient));
            client = Dialogue.start(clientProgram.name(), command, dir.resolve(clientProgram.name() + ".log"));
            loadedSeconds = 0;
        }
    }

    private List<String> command(
            final ServerProgram some,
            final UnaryOperator<List<String>> placedJvm,
            final UnaryOperator<List<String>> placed)
            throws BenchException {
        try {
            final List<String> bare = some.preparation().prepare(options.tools(), dir, side);
            return some.jvm() ? placedJvm.apply(bare) : placed.apply(bare);
        } catch (final IOException e) {
            throw new BenchException("cannot prepare " + some.name() + ": " + e.getMessage(), e);
        }
    }

    private void startServer(final ServerProgram wanted) throws BenchException {
        final List<String> command = options.cores().asServer(command(wanted, side::asJvmServer, side::asServer));
        loadedSeconds = 0;
        program = wanted;
        server = Child.start(wanted.name(), command, Map.of(), dir.resolve(wanted.name() + ".log"));
        final List<String> reach = side.asClient(List.of(
                options.tools().resolve("probe").toString(),
                "reach",
                side.serverAddress(),
                String.valueOf(wanted.port()),
                String.valueOf(REACH_MILLIS)));
        Shell.Output reached = Shell.run(reach, Map.of(), REACH_LIMIT);
        for (int i = 1; i < REACH_TRIES && reached.status() != 0 && server.alive(); i++) {
            reached = Shell.run(reach, Map.of(), REACH_LIMIT);
        }
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
                options.cores(),
                server.pids(),
                hostPids,
                Optional.ofNullable(client));
        final double before = probe();
        final Sample sample = measure(load, setting, options.smoke() ? SMOKE_TRIES : 1);
        loadedSeconds += sample.seconds();
        if (!(sample.operations() > 0)) {
            throw new BenchException(load.describe() + ": no operation was completed");
        }
        return sample.between(before, probe());
    }

    /** Again, if nothing was done: a smoke run is so short that a busy machine may have no time for it. */
    static Sample measure(final Load load, final Setting setting, final int tries) throws BenchException {
        Sample sample = load.run(setting);
        for (int i = 1; i < tries && !(sample.operations() > 0); i++) {
            sample = load.run(setting);
        }
        return sample;
    }

    private double probe() throws BenchException {
        final String text = Shell.run(options.tools().resolve("probe").toString(), "placement");
        try {
            return MAPPER.readTree(text).path("round_trip_ns").asDouble();
        } catch (final JsonProcessingException e) {
            throw new BenchException("the placement probe printed something else than JSON", e);
        }
    }

    private void stopClient() {
        if (client != null) {
            client.close();
        }
        client = null;
        clientProgram = null;
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
        stopClient();
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
