package io.virtuoso.bench.load;

import io.virtuoso.bench.load.BenchCase.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** All benchmarks and their cases. */
public final class Catalogue {
    private static final int RPC_PORT = 7000;
    private static final int CONNECT_PORT = 7100;
    private static final int BULK_PORT = 7200;
    private static final int IPERF_PORT = 5201;
    private static final int MEMCACHED_PORT = 11211;
    private static final String OPERATIONS = "operations";
    private static final String JVM = "jvm";
    private static final String WAN = "wan";
    private static final String ISOLATION = "isolation";
    private static final String SCALE = "scale";
    private static final String BUDGETS = "budgets";
    private static final String TUNNEL = "tunnel";
    private static final String VM = "vm";

    private static final SequencedMap<String, Supplier<List<BenchCase>>> BENCHMARKS = new LinkedHashMap<>();
    private static final Map<String, String> TITLES = Map.ofEntries(
            Map.entry("rpc", "requests answered by their echo"),
            Map.entry("memcached", "memcached, 100 B values, 90 % get, 10 % set"),
            Map.entry("nginx", "nginx, one worker, static files, wrk"),
            Map.entry("connect", "short connections: connect, 64 B request and answer, close"),
            Map.entry("bulk", "bytes as fast as they go"),
            Map.entry(JVM, "Java programs on JDK 17 and 25, unmodified, as guests of the agent's"),
            Map.entry(WAN, "100 Mbit/s, 20 ms round trip, queue of 250 kB, lossy"),
            Map.entry(ISOLATION, "64 B c16 d1 beside a neighbour that does the same, and ever more"),
            Map.entry(SCALE, "64 B d1 of more and more guests: over 200 connections in all, or 32 of each client"),
            Map.entry(BUDGETS, "guests with budgets that nobody exceeds, against guests without"),
            Map.entry(TUNNEL, "between guests of two machines, through VXLAN, against no tunnel"),
            Map.entry(VM, "server in a machine of QEMU without KVM: a guest, against virtio-net on a bridge"));

    static {
        BENCHMARKS.put("rpc", Catalogue::rpc);
        BENCHMARKS.put("memcached", Catalogue::memcached);
        BENCHMARKS.put("nginx", Catalogue::nginx);
        BENCHMARKS.put("connect", Catalogue::connect);
        BENCHMARKS.put("bulk", Catalogue::bulk);
        BENCHMARKS.put(JVM, JvmCatalogue::cases);
        BENCHMARKS.put(WAN, WanCatalogue::cases);
        BENCHMARKS.put(ISOLATION, TenantCatalogue::isolation);
        BENCHMARKS.put(SCALE, TenantCatalogue::scale);
        BENCHMARKS.put(BUDGETS, TenantCatalogue::budgets);
        BENCHMARKS.put(TUNNEL, Catalogue::tunnel);
        BENCHMARKS.put(VM, Catalogue::inMachines);
    }

    private Catalogue() {}

    /** @return the benchmarks' names in the order in which {@code all} runs them */
    public static List<String> names() {
        return List.copyOf(BENCHMARKS.sequencedKeySet());
    }

    /** @return a benchmark's cases; its name must be one of {@link #names} */
    public static List<BenchCase> cases(final String benchmark) {
        return BENCHMARKS.get(benchmark).get();
    }

    /** @return those cases that {@code all --smoke} runs: not all of those that take seconds each */
    public static List<BenchCase> briefCases(final String benchmark) {
        return switch (benchmark) {
            case JVM -> JvmCatalogue.briefCases();
            case WAN -> WanCatalogue.briefCases();
            case ISOLATION -> TenantCatalogue.briefIsolation();
            case SCALE -> TenantCatalogue.briefScale();
            case BUDGETS -> TenantCatalogue.briefBudgets();
            case VM -> List.of(cases(VM).getFirst());
            default -> cases(benchmark);
        };
    }

    /** @return whether a benchmark's cases are held against others: its first one, or {@link #bySeries} */
    public static boolean relative(final String benchmark) {
        return benchmark.equals(ISOLATION) || benchmark.equals(SCALE);
    }

    /** @return whether each series of a benchmark's cases is held against its own first one, not against the first of all */
    public static boolean bySeries(final String benchmark) {
        return benchmark.equals(SCALE);
    }

    /** @return whether pairs of a benchmark's cases are run in turn: they are held against each other, or differ little */
    public static boolean inTurn(final String benchmark) {
        return relative(benchmark) || benchmark.equals(BUDGETS) || benchmark.equals(TUNNEL);
    }

    /** @return what a benchmark measures, for a heading */
    public static String title(final String benchmark) {
        return TITLES.get(benchmark);
    }

    private static List<BenchCase> inMachines() {
        return MachineCatalogue.cases(Stream.of(rpc(), memcached(), connect()).flatMap(List::stream));
    }

    private static List<BenchCase> rpc() {
        return List.of(rpc(64, 1, 1), rpc(64, 32, 1), rpc(64, 128, 1), rpc(64, 32, 16), rpc(1024, 32, 1));
    }

    private static List<BenchCase> tunnel() {
        return Stream.of(rpc(64, 1, 1), rpc(64, 32, 1), rpc(64, 32, 16), rpc(1024, 32, 1))
                .map(some -> some.of(TUNNEL))
                .toList();
    }

    private static BenchCase rpc(final int size, final int connections, final int depth) {
        final ServerProgram server = own("rpc", RPC_PORT, List.of());
        final List<String> options =
                List.of("--size", "" + size, "--connections", "" + connections, "--depth", "" + depth);
        final String name = size + " B c" + connections + " d" + depth;
        return new BenchCase(
                "rpc", name, Unit.OPERATIONS, server, new OwnLoad("rpc client", options, RPC_PORT, OPERATIONS));
    }

    private static List<BenchCase> memcached() {
        return List.of(memcached(1, 1, 1), memcached(1, 32, 1), memcached(1, 32, 16), memcached(4, 32, 1));
    }

    private static BenchCase memcached(final int threads, final int connections, final int depth) {
        final List<String> command = List.of(
                "memcached",
                "-u",
                "root",
                "-l",
                "0.0.0.0",
                "-p",
                "" + MEMCACHED_PORT,
                "-U",
                "0",
                "-c",
                "4096",
                "-t",
                "" + threads);
        final ServerProgram server =
                new ServerProgram("memcached-t" + threads, MEMCACHED_PORT, (tools, dir, side) -> command);
        final List<String> options = List.of("--connections", "" + connections, "--depth", "" + depth);
        final String name = "-t " + threads + " c" + connections + " d" + depth;
        return new BenchCase(
                "memcached", name, Unit.OPERATIONS, server, new OwnLoad("mcload", options, MEMCACHED_PORT, OPERATIONS));
    }

    private static List<BenchCase> nginx() {
        return List.of(
                nginx("612 B c1", 1, NginxFiles.SMALL, true),
                nginx("612 B c32", 32, NginxFiles.SMALL, true),
                nginx("612 B c128", 128, NginxFiles.SMALL, true),
                nginx("100 KB c32", 32, NginxFiles.LARGE, true),
                nginx("612 B c16 close", 16, NginxFiles.SMALL, false));
    }

    private static BenchCase nginx(
            final String name, final int connections, final String path, final boolean keepAlive) {
        final ServerProgram server =
                new ServerProgram("nginx", NginxFiles.PORT, (tools, dir, side) -> NginxFiles.prepare(dir));
        return new BenchCase(
                "nginx", name, Unit.OPERATIONS, server, new WrkLoad(NginxFiles.PORT, connections, path, keepAlive));
    }

    private static List<BenchCase> connect() {
        return List.of(connect(1), connect(16));
    }

    private static BenchCase connect(final int connections) {
        final ServerProgram server = own("connect", CONNECT_PORT, List.of());
        final List<String> options = List.of("--connections", "" + connections);
        return new BenchCase(
                "connect",
                "c" + connections,
                Unit.OPERATIONS,
                server,
                new OwnLoad("connect client", options, CONNECT_PORT, OPERATIONS));
    }

    private static List<BenchCase> bulk() {
        return List.of(
                bulk("P1 up", 1, false),
                bulk("P1 down", 1, true),
                bulk("P4 up", 4, false),
                bulk("P4 down", 4, true),
                iperf("iperf3 P1 up", 1, false),
                iperf("iperf3 P1 down", 1, true),
                iperf("iperf3 P4 up", 4, false),
                iperf("iperf3 P4 down", 4, true));
    }

    private static BenchCase bulk(final String name, final int streams, final boolean reverse) {
        final List<String> options = new ArrayList<>(List.of("--streams", "" + streams));
        if (reverse) {
            options.add("--reverse");
        }
        return new BenchCase(
                "bulk",
                name,
                Unit.BYTES,
                own("bulk", BULK_PORT, List.of()),
                new OwnLoad("bulk client", options, BULK_PORT, "bytes"));
    }

    private static BenchCase iperf(final String name, final int streams, final boolean reverse) {
        final List<String> command = List.of("iperf3", "--server", "--port", "" + IPERF_PORT);
        final ServerProgram server = new ServerProgram("iperf3", IPERF_PORT, (tools, dir, side) -> command);
        return new BenchCase("bulk", name, Unit.BYTES, server, new IperfLoad(IPERF_PORT, streams, reverse));
    }

    static ServerProgram own(final String program, final int port, final List<String> options) {
        return new ServerProgram(program, port, (tools, dir, side) -> {
            final List<String> command =
                    new ArrayList<>(List.of(tools.resolve(program).toString(), "server", "--port", "" + port));
            command.addAll(options);
            return command;
        });
    }
}
