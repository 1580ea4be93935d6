package io.virtuoso.bench.load;

import io.virtuoso.bench.load.BenchCase.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The cases of {@code bench isolation} and {@code bench scale}. The first of each, or of each series, is what the others are
 * held against.
 */
final class TenantCatalogue {
    private static final int RPC_PORT = 7500;
    private static final int CONNECT_PORT = 7600;
    private static final String OPERATIONS = "operations";
    private static final String EQUAL = "equal";
    private static final String SPINNING = "spinning";
    private static final int VICTIM_CONNECTIONS = 16;
    private static final int ALL_CONNECTIONS = 200;
    private static final int CONNECTIONS_EACH = 32;
    private static final List<Integer> GUESTS = List.of(2, 8, 20, 50, 100, 200);
    private static final List<Integer> BRIEF_GUESTS = List.of(2, 8);

    private TenantCatalogue() {}

    /** A tenant beside one that does the same as it, one that only computes, and then one that does more and more. */
    static List<BenchCase> isolation() {
        final List<BenchCase> cases =
                new ArrayList<>(List.of(isolation(EQUAL, Optional.of(rpc(64, VICTIM_CONNECTIONS, 1)))));
        final OwnLoad spin = new OwnLoad("spin client", List.of(), OwnLoad.NO_PORT, OPERATIONS);
        cases.add(isolation(SPINNING, Optional.of(spin)));
        for (final int connections : List.of(64, 256, 1024)) {
            cases.add(isolation("connections " + connections, Optional.of(rpc(64, connections, 1))));
        }
        for (final int size : List.of(1024, 4096, 16384)) {
            cases.add(isolation("size " + size, Optional.of(rpc(size, VICTIM_CONNECTIONS, 1))));
        }
        for (final int depth : List.of(4, 16, 64)) {
            cases.add(isolation("depth " + depth, Optional.of(rpc(64, VICTIM_CONNECTIONS, depth))));
        }
        for (final int connecting : List.of(1, 16, 64)) {
            final OwnLoad connect =
                    new OwnLoad("connect client", List.of("--connections", "" + connecting), CONNECT_PORT, OPERATIONS);
            cases.add(isolation("connecting " + connecting, Optional.of(connect)));
        }
        cases.add(isolation("alone", Optional.empty()));
        return cases;
    }

    /** One of each kind. */
    static List<BenchCase> briefIsolation() {
        final List<String> names =
                List.of(EQUAL, SPINNING, "connections 64", "size 16384", "depth 16", "connecting 16", "alone");
        return isolation().stream().filter(some -> names.contains(some.name())).toList();
    }

    static List<BenchCase> scale() {
        return scale(GUESTS);
    }

    static List<BenchCase> briefScale() {
        return scale(BRIEF_GUESTS);
    }

    private static List<BenchCase> scale(final List<Integer> guests) {
        return Stream.concat(
                        guests.stream().map(TenantCatalogue::shared),
                        guests.stream().map(TenantCatalogue::alike))
                .toList();
    }

    /** One tenant, two that do the same, and many. */
    static List<BenchCase> budgets() {
        final OwnLoad each = rpc(64, VICTIM_CONNECTIONS, 1);
        final Load two = new TenantLoad(each, Optional.of(each), 2, true);
        final BenchCase beside = new BenchCase(
                "budgets", "two tenants", Unit.OPERATIONS, Catalogue.own("rpc", RPC_PORT, List.of()), two);
        return List.of(
                shared(2).of("budgets"),
                beside,
                shared(20).of("budgets"),
                shared(200).of("budgets"));
    }

    /** Those that take no long to start. */
    static List<BenchCase> briefBudgets() {
        return budgets().subList(0, 2);
    }

    private static BenchCase isolation(final String name, final Optional<OwnLoad> neighbour) {
        final OwnLoad victim = rpc(64, VICTIM_CONNECTIONS, 1);
        final Load load = new TenantLoad(victim, neighbour, neighbour.isPresent() ? 2 : 1, false);
        return new BenchCase("isolation", name, Unit.OPERATIONS, Catalogue.own("rpc", RPC_PORT, List.of()), load);
    }

    /** The same number of connections, spread over more and more guests; half of these are clients, half servers. */
    private static BenchCase shared(final int guests) {
        return scale(guests, guests + " guests", ALL_CONNECTIONS / (guests / 2));
    }

    /** More and more guests that are alike: each client has as many connections as the others, whatever their number. */
    private static BenchCase alike(final int guests) {
        return scale(guests, guests + " guests c" + CONNECTIONS_EACH, CONNECTIONS_EACH);
    }

    private static BenchCase scale(final int guests, final String name, final int connections) {
        final int tenants = guests / 2;
        final OwnLoad each = rpc(64, connections, 1);
        final Load load = new TenantLoad(each, tenants > 1 ? Optional.of(each) : Optional.empty(), tenants, true);
        final ServerProgram server = Catalogue.own("rpc", RPC_PORT, List.of());
        return new BenchCase("scale", name, Unit.OPERATIONS, server, load);
    }

    private static OwnLoad rpc(final int size, final int connections, final int depth) {
        final List<String> options =
                List.of("--size", "" + size, "--connections", "" + connections, "--depth", "" + depth);
        return new OwnLoad("rpc client", options, RPC_PORT, OPERATIONS);
    }
}
