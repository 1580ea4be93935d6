package io.virtuoso.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Child;
import io.virtuoso.bench.side.TenantSide;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tenants beside tenant 0, each with a server and a client at work; they are there for one run. */
final class Neighbours implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(150);

    /** So long a client stays when it is done, or tenant 0's could not read its processor time any more. */
    private static final String LINGER_SECONDS = "0.2";

    private final TenantSide side;
    private final Setting setting;
    private final boolean yields;
    private final List<Child> servers = new ArrayList<>();
    private final List<Child> clients = new ArrayList<>();
    private final List<Path> said = new ArrayList<>();

    /** @param yields whether tenant 0 alone is measured, so that they only get processor time that it leaves, if any */
    Neighbours(final TenantSide side, final Setting setting, final boolean yields) {
        this.side = side;
        this.setting = setting;
        this.yields = yields;
    }

    /**
     * Starts server and client of a tenant.
     *
     * @param work what the client does
     * @param options more for it: when it begins
     */
    void start(final int tenant, final OwnLoad work, final List<String> options) throws BenchException {
        final String name = "neighbour-" + tenant;
        servers.add(Child.start(
                name + "-server",
                setting.cores().asNeighbour(yields, side.asServerOf(tenant, work.server(setting))),
                Map.of(),
                setting.dir().resolve(name + "-server.log")));
        final List<String> client = new ArrayList<>(work.client(setting, side.serverAddressOf(tenant)));
        client.addAll(List.of("--warm-up", "" + setting.warmUp(), "--seconds", "" + setting.seconds()));
        client.addAll(List.of("--linger", LINGER_SECONDS));
        client.addAll(options);
        final Path out = setting.dir().resolve(name + ".out");
        try {
            Files.deleteIfExists(out);
        } catch (final IOException e) {
            throw new BenchException("cannot remove " + out + ": " + e.getMessage(), e);
        }
        said.add(out);
        final List<String> placed = setting.cores().asNeighbour(yields, side.asClientOf(tenant, client));
        clients.add(Child.start(name, placed, Map.of(), out));
    }

    List<Long> serverPids() {
        return servers.stream().flatMap(server -> server.pids().stream()).toList();
    }

    List<Long> clientPids() {
        return clients.stream().flatMap(client -> client.pids().stream()).toList();
    }

    /** Waits until all clients have ended; what they said, in the order of their start. */
    List<JsonNode> await() throws BenchException {
        final List<JsonNode> results = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            awaitEndInTime(clients.get(i));
            try {
                results.add(Json.parse("a neighbour", Files.readString(said.get(i))));
            } catch (final IOException e) {
                throw new BenchException("cannot read " + said.get(i) + ": " + e.getMessage(), e);
            }
        }
        return results;
    }

    private static void awaitEndInTime(final Child client) throws BenchException {
        if (client.awaitStatus(PATIENCE) == TooLateException.STATUS) {
            throw new TooLateException("a neighbour: " + client.lastWords());
        }
        client.awaitEnd(PATIENCE);
    }

    @Override
    public void close() {
        clients.forEach(Child::close);
        servers.forEach(Child::close);
    }
}
