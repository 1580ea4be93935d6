package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Shell;
import io.virtuoso.bench.side.WanSide;
import io.virtuoso.bench.stat.Run;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Connections that send as fast as they can over a long, lossy wire; an operation is a byte that arrived.
 *
 * @param flows how many connections
 * @param loss share of packets that the wire loses, in each direction
 */
record WanLoad(Senders senders, int flows, String congestion, double loss, int port) implements Load {
    private static final double PATIENCE_SECONDS = 150;

    /** Who sends. The other end is always the far kernel. */
    enum Senders {
        CLIENT("up"),
        SERVER("down"),
        /** half of the flows are the client's, half its machine's kernel's, at once */
        MIXED("mixed");

        private final String label;

        Senders(final String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** What one client said. */
    private record Said(double bytes, double seconds, List<Double> flows, Run.Cpu cpu) {}

    @Override
    public Sample run(final Setting setting) throws BenchException {
        if (!(setting.side() instanceof WanSide wan)) {
            throw new BenchException("there is no wire between client and server");
        }
        wan.begin(loss);
        final List<Said> said = new ArrayList<>();
        if (senders == Senders.MIXED) {
            final FutureTask<Said> beside =
                    new FutureTask<>(() -> runClient(setting, wan.besideClient(command(setting, flows / 2))));
            Thread.ofPlatform().name("beside").start(beside);
            said.add(runClient(setting, setting.placed(command(setting, flows - flows / 2))));
            said.add(await(beside));
        } else {
            said.add(runClient(setting, setting.placed(command(setting, flows))));
        }
        return sample(said, wan.report());
    }

    private Sample sample(final List<Said> all, final double late) {
        final double bytes = all.stream().mapToDouble(Said::bytes).sum();
        final List<Double> each =
                all.stream().flatMap(some -> some.flows().stream()).toList();
        final double fairness = each.size() > 1 ? fairness(each) : Double.NaN;
        final Run.Cpu first = all.getFirst().cpu();
        final double clients =
                all.stream().mapToDouble(some -> some.cpu().client()).sum();
        final Run.Cpu cpu =
                new Run.Cpu(first.machine(), first.steal(), clients, first.server(), first.host(), first.others());
        final Run.Wire wire = new Run.Wire(fairness, late);
        return new Sample(bytes, all.getFirst().seconds(), 0, Run.Latency.NONE, cpu, wire, Double.NaN, Run.Delay.NONE);
    }

    /** @return Jain's index: 1 when all are equal, 1 / n when one has everything */
    static double fairness(final List<Double> shares) {
        final double sum = shares.stream().mapToDouble(Double::doubleValue).sum();
        final double squares = shares.stream().mapToDouble(some -> some * some).sum();
        return squares == 0 ? Double.NaN : sum * sum / (shares.size() * squares);
    }

    private Said runClient(final Setting setting, final List<String> command) throws BenchException {
        final Duration limit = Duration.ofMillis((long) (1000 * (setting.seconds() + PATIENCE_SECONDS)));
        final Shell.Output output = Shell.run(command, Map.of(), limit);
        if (output.status() != 0) {
            throw new BenchException(Shell.describe(List.of(describe()), output));
        }
        final JsonNode result = Json.parse("flows", output.out());
        final List<Double> each = new ArrayList<>();
        result.path("flows").forEach(bytes -> each.add(bytes.asDouble()));
        return new Said(
                Json.number(result, "bytes"), Json.number(result, "seconds"), each, Json.cpu(result, "cpu_self_s"));
    }

    private static Said await(final FutureTask<Said> task) throws BenchException {
        try {
            return task.get();
        } catch (final ExecutionException e) {
            throw new BenchException("beside the client: " + e.getCause().getMessage(), e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    private List<String> command(final Setting setting, final int streams) {
        final List<String> all = new ArrayList<>(List.of(
                setting.tool("flows"),
                "client",
                "--host",
                setting.side().serverAddress(),
                "--port",
                String.valueOf(port),
                "--streams",
                String.valueOf(streams),
                "--congestion",
                congestion,
                "--seconds",
                String.valueOf(setting.seconds()),
                "--warm-up",
                String.valueOf(setting.warmUp())));
        if (senders == Senders.SERVER) {
            all.add("--reverse");
        }
        all.addAll(setting.watch());
        return all;
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "flows client --streams %d --congestion %s%s, loss %s",
                flows,
                congestion,
                switch (senders) {
                    case CLIENT -> "";
                    case SERVER -> " --reverse";
                    case MIXED -> ", half of them beside the client";
                },
                loss);
    }
}
