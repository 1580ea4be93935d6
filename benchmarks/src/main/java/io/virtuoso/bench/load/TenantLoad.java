package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.TenantSide;
import io.virtuoso.bench.stat.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Tenant 0 at work beside others that are at work at the same time.
 *
 * @param own what tenant 0 does; what is measured
 * @param neighbour what each of the others does; nothing if there are none
 * @param tenants how many there are, tenant 0 among them
 * @param summed whether the operations of all count, else tenant 0's alone. Latency is tenant 0's in both cases
 */
record TenantLoad(OwnLoad own, Optional<OwnLoad> neighbour, int tenants, boolean summed) implements Load {
    /** What a tenant needs at most until its connections are open. */
    private static final double SETTLE_SECONDS = 1;
    /** What every tenant more needs to be started. */
    private static final double START_SECONDS = 0.04;

    private static final double MOST_START_SECONDS = 60;

    /** Something that is to begin in so many seconds. */
    @FunctionalInterface
    interface Attempt {
        Sample in(double startSeconds) throws BenchException;
    }

    @Override
    public Sample run(final Setting setting) throws BenchException {
        if (!(setting.side() instanceof TenantSide side)) {
            throw new BenchException("there is room for one tenant only");
        }
        side.makeTenants(tenants);
        return inTime(startSeconds(), start -> run(setting, side, start));
    }

    /** Tries with twice the time if that was too little, on a machine that is busy with other things. */
    static Sample inTime(final double usualSeconds, final Attempt attempt) throws BenchException {
        double start = usualSeconds;
        while (true) {
            try {
                return attempt.in(start);
            } catch (final TooLateException e) {
                if (start > MOST_START_SECONDS) {
                    throw e;
                }
                start *= 2;
            }
        }
    }

    private Sample run(final Setting setting, final TenantSide side, final double start) throws BenchException {
        try (Neighbours neighbours = new Neighbours(side, setting, !summed)) {
            final long beginNs = System.nanoTime() + (long) (1e9 * start);
            final List<String> together = List.of("--begin", String.valueOf(beginNs));
            for (int tenant = 1; tenant < tenants; tenant++) {
                neighbours.start(tenant, neighbour.orElseThrow(), together);
            }
            final List<String> options = watch(setting, neighbours);
            options.addAll(together);
            final DelayWindow delays =
                    new DelayWindow(side, beginNs + (long) (1e9 * setting.warmUp()), setting.seconds());
            final JsonNode result = own.ask(setting, options);
            return sample(result, neighbours.await(), delays.await());
        }
    }

    /** {@inheritDoc} All begin then, with their connections open: who began earlier would have the machine to himself. */
    @Override
    public double startSeconds() {
        return SETTLE_SECONDS + START_SECONDS * tenants;
    }

    /** Processes of neighbours belong to the run: what they take does not disturb it. */
    private static List<String> watch(final Setting setting, final Neighbours neighbours) {
        final List<Long> servers = new ArrayList<>(setting.serverPids());
        servers.addAll(neighbours.serverPids());
        final List<String> options = new ArrayList<>(setting.watch(servers));
        if (!neighbours.clientPids().isEmpty()) {
            options.addAll(List.of("--watch", "neighbours=" + Setting.join(neighbours.clientPids())));
        }
        return options;
    }

    private Sample sample(final JsonNode result, final List<JsonNode> others, final Run.Delay delay) {
        final Sample alone = own.sample(result);
        final double beside = others.stream().mapToDouble(this::rate).sum();
        final long errors = others.stream()
                .mapToLong(other -> other.path("errors").asLong())
                .sum();
        final Run.Cpu cpu = alone.cpu();
        final double clients = cpu.client() + result.path("cpu_neighbours_s").asDouble();
        return new Sample(
                alone.operations() + (summed ? beside * alone.seconds() : 0),
                alone.seconds(),
                alone.errors() + errors,
                alone.latency(),
                new Run.Cpu(cpu.machine(), cpu.steal(), clients, cpu.server(), cpu.host(), cpu.others()),
                Run.Wire.NONE,
                summed || others.isEmpty() ? Double.NaN : beside,
                delay);
    }

    private double rate(final JsonNode other) {
        return Json.number(other, neighbour.orElseThrow().counted()) / Json.number(other, "seconds");
    }

    @Override
    public String describe() {
        final String others = neighbour
                .map(some -> String.format(Locale.ROOT, ", beside %d times %s", tenants - 1, some.describe()))
                .orElse("");
        return own.describe() + others;
    }
}
