package io.virtuoso.bench;

import io.virtuoso.bench.load.BenchCase;
import io.virtuoso.bench.load.Catalogue;
import io.virtuoso.bench.report.DelayReport;
import io.virtuoso.bench.report.Goals;
import io.virtuoso.bench.report.JsonReport;
import io.virtuoso.bench.report.MachineNotes;
import io.virtuoso.bench.report.RelativePlots;
import io.virtuoso.bench.report.RelativeReport;
import io.virtuoso.bench.report.TextReport;
import io.virtuoso.bench.run.CaseResult;
import io.virtuoso.bench.run.Options;
import io.virtuoso.bench.run.Rig;
import io.virtuoso.bench.run.Runner;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Cores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtuoso bench}: guests of Virtuoso side by side with the kernel's stack. */
@Command(
        name = "virtuoso bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures guests of Virtuoso side by side with network namespaces on a Linux bridge.")
public final class BenchCommand implements Callable<Integer> {
    private static final List<String> LONGER = List.of("nginx", "bulk", "jvm");
    private static final List<String> NOT_PORTABLE = List.of("wan", "budgets", "tunnel", "vm");
    private static final List<String> SEPARABLE = List.of("isolation", "scale", "budgets");
    private static final double SMOKE_SECONDS = 0.2;
    private static final String WAN = "wan";
    private static final double WAN_SECONDS = 10;
    private static final double WAN_SMOKE_SECONDS = 1;
    private static final int USAGE = 2;
    private static final long STOP_SECONDS = 30;

    @Parameters(
            paramLabel = "NAME",
            description =
                    "rpc, memcached, nginx, connect, bulk, jvm, wan, isolation, scale (two series: 200 connections in all,"
                            + " and 32 of each client), budgets, tunnel, vm, or all")
    private String name;

    @Option(names = "--json", description = "print JSON instead of a table")
    private boolean json;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "length of a run (default: 1; nginx, iperf3 and jvm: 2; wan: 10)")
    private double seconds;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "comparable pairs of runs for each case (default: ${DEFAULT-VALUE}); at most twice as many made")
    private int runs;

    @Option(
            names = "--case",
            paramLabel = "TEXT",
            description = "only the case of that name, or those whose names contain TEXT; may be repeated")
    private List<String> wanted = List.of();

    @Option(
            names = "--port",
            paramLabel = "tap|packet|xdp",
            description = "the client is the kernel's on both sides, behind a bridge; the server is a guest that it"
                    + " reaches through such a port of the host stack, against the kernel. Not for wan, isolation,"
                    + " scale, budgets, tunnel and vm")
    private String port;

    @Option(
            names = "--cores",
            paramLabel = "free|pinned|apart",
            defaultValue = "free",
            description = "free: the kernel places client and server (default); pinned: client on core 0, server on 1;"
                    + " apart, for isolation, scale and budgets: the host stack has core 0 for itself, and neighbours'"
                    + " programs get what the measured tenant's leave of the others")
    private String cores;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "also keep table, JSON, command and machine notes in DIR")
    private Path out;

    @Option(
            names = "--profile",
            description = "with --out: sample one more run on each side and say where the time went")
    private boolean profile;

    @Option(names = "--smoke", description = "one very short pair of each case: does everything work? No judgement")
    private boolean smoke;

    @Option(names = "--self-check", description = "the kernel's stack on both sides: every ratio should be about 1")
    private boolean selfCheck;

    @Option(names = "--list", description = "list the cases and end")
    private boolean list;

    /** Runs the command and ends the JVM: 0 done, 1 a case failed, 2 bad usage. */
    public static void main(final String... arguments) {
        System.exit(new CommandLine(new BenchCommand()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        final SequencedMap<String, List<BenchCase>> chosen;
        try {
            chosen = choose();
        } catch (final IllegalArgumentException e) {
            System.err.println("virtuoso bench: " + e.getMessage());
            return USAGE;
        }
        if (list) {
            chosen.forEach((benchmark, cases) -> cases.forEach(some -> System.out.println(
                    benchmark + "  " + some.name() + "  (" + some.load().describe() + ")")));
            return 0;
        }
        try {
            return run(chosen);
        } catch (final BenchException e) {
            System.err.println("virtuoso bench: " + e.getMessage());
            return 1;
        }
    }

    private SequencedMap<String, List<BenchCase>> choose() {
        if (!name.equals("all") && !Catalogue.names().contains(name)) {
            throw new IllegalArgumentException(
                    "no benchmark '" + name + "'; there are: all, " + String.join(", ", Catalogue.names()));
        }
        final Cores placement = Cores.of(cores)
                .orElseThrow(
                        () -> new IllegalArgumentException("--cores " + cores + ": free, pinned or apart is expected"));
        if (placement == Cores.APART
                && !(SEPARABLE.contains(name) && Runtime.getRuntime().availableProcessors() > 1)) {
            throw new IllegalArgumentException(
                    "--cores apart: needs two processors, and isolation, scale or budgets is expected");
        }
        if (port != null && (Rig.ofPort(port).isEmpty() || !portable(name))) {
            throw new IllegalArgumentException("--port " + port
                    + ": tap, packet or xdp is expected, and another benchmark than wan, isolation, scale, budgets,"
                    + " tunnel and vm");
        }
        if (profile && out == null) {
            throw new IllegalArgumentException("--profile needs --out DIR, where profiles go");
        }
        if (runs < 1 || seconds < 0) {
            throw new IllegalArgumentException("--runs and --seconds must be positive");
        }
        final SequencedMap<String, List<BenchCase>> chosen = new LinkedHashMap<>();
        for (final String benchmark : name.equals("all") ? Catalogue.names() : List.of(name)) {
            final List<BenchCase> cases =
                    candidates(benchmark).stream().filter(this::isWanted).toList();
            if (!cases.isEmpty() && (port == null || portable(benchmark))) {
                chosen.put(benchmark, cases);
            }
        }
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException("no case contains " + String.join(" or ", wanted) + "; see --list");
        }
        return chosen;
    }

    /** @return whether a benchmark has one client and one server, of which one may be elsewhere */
    private static boolean portable(final String benchmark) {
        return !NOT_PORTABLE.contains(benchmark) && !Catalogue.relative(benchmark);
    }

    private List<BenchCase> candidates(final String benchmark) {
        return smoke && name.equals("all") ? Catalogue.briefCases(benchmark) : Catalogue.cases(benchmark);
    }

    /** A case's whole name means that case only; anything else, all cases whose names contain it. */
    private boolean isWanted(final BenchCase some) {
        return wanted.isEmpty()
                || wanted.stream()
                        .anyMatch(text -> isName(text)
                                ? some.name().equals(text)
                                : some.name().contains(text));
    }

    private static boolean isName(final String text) {
        return Catalogue.names().stream()
                .flatMap(benchmark -> Catalogue.cases(benchmark).stream())
                .anyMatch(some -> some.name().equals(text));
    }

    private int run(final SequencedMap<String, List<BenchCase>> chosen) throws BenchException, IOException {
        final Path home = Home.find();
        if (out != null) {
            Files.createDirectories(out);
        }
        boolean failed = false;
        for (final Map.Entry<String, List<BenchCase>> entry : chosen.entrySet()) {
            final List<BenchCase> possible = withoutImpossible(options(home, entry.getKey()), entry.getValue());
            if (!possible.isEmpty()) {
                failed |= benchmark(home, entry.getKey(), possible);
            }
        }
        if (!json) {
            System.out.print(TextReport.legend());
        }
        return failed ? 1 : 0;
    }

    /** Leaves out what this machine lacks something for, and says so in a line for each lack. */
    private static List<BenchCase> withoutImpossible(final Options options, final List<BenchCase> cases) {
        final SequencedMap<String, List<String>> left = new LinkedHashMap<>();
        final List<BenchCase> possible = new ArrayList<>();
        for (final BenchCase some : cases) {
            final Optional<String> missing = some.server().requirement().missing(options.tools());
            missing.ifPresentOrElse(
                    why -> left.computeIfAbsent(why, _ -> new ArrayList<>()).add(some.name()),
                    () -> possible.add(some));
        }
        left.forEach((why, names) -> System.err.println("bench: " + why + "; left out: " + String.join(", ", names)));
        return possible;
    }

    /** Runs one benchmark with sides of its own; true when a case failed. */
    private boolean benchmark(final Path home, final String benchmark, final List<BenchCase> cases)
            throws BenchException, IOException {
        final Options options = options(home, benchmark);
        final Map<String, String> machine = MachineNotes.take(home, options.tools());
        final Runner runner = new Runner(options, line -> System.err.println("bench: " + line));
        final CountDownLatch closed = new CountDownLatch(1);
        final Thread interrupted = new Thread(() -> stop(runner, closed), "stop");
        Runtime.getRuntime().addShutdownHook(interrupted);
        final List<CaseResult> results = new ArrayList<>();
        try (runner) {
            if (Catalogue.inTurn(benchmark)) {
                results.addAll(runner.runInTurn(cases));
            } else {
                cases.forEach(some -> results.add(runner.run(some)));
            }
        } finally {
            closed.countDown();
        }
        if (runner.stopped()) {
            throw new BenchException("stopped");
        }
        Runtime.getRuntime().removeShutdownHook(interrupted);
        final String table = TextReport.of(benchmark, results, options, runner.subject())
                + (Catalogue.relative(benchmark) ? relative(results, runner.subject()) : "")
                + (smoke ? "" : Goals.of(benchmark, results, runner.subject()));
        final String report = JsonReport.of(results, options, runner.subject(), machine);
        System.out.println(json ? report : table);
        if (out != null) {
            keep(benchmark, options.rig(), table, report, machine);
            if (Catalogue.relative(benchmark)) {
                draw(RelativePlots.of(benchmark, results, runner.subject()));
            }
        }
        return results.stream().anyMatch(result -> result.failure().isPresent());
    }

    private static String relative(final List<CaseResult> results, final String subject) {
        final String delays = DelayReport.of(results, subject);
        return '\n' + RelativeReport.of(results, subject) + (delays.isEmpty() ? "" : '\n' + delays);
    }

    /** On SIGINT or SIGTERM: what was started and made is removed before the JVM ends. */
    private static void stop(final Runner runner, final CountDownLatch closed) {
        runner.stop();
        try {
            if (!closed.await(STOP_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("bench: could not clean up in time");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Options options(final Path home, final String benchmark) {
        final Optional<Path> profiles = profile ? Optional.of(out) : Optional.empty();
        final Rig rig = Optional.ofNullable(port).flatMap(Rig::ofPort).orElse(usualRig(benchmark));
        return new Options(
                home,
                length(benchmark),
                smoke ? 1 : runs,
                Cores.of(cores).orElseThrow(),
                smoke,
                selfCheck,
                profiles,
                rig);
    }

    private static Rig usualRig(final String benchmark) {
        return switch (benchmark) {
            case "isolation" -> Rig.ISOLATION;
            case "scale" -> Rig.TENANTS;
            case WAN -> Rig.WAN;
            case "budgets" -> Rig.BUDGETS;
            case "tunnel" -> Rig.TUNNEL;
            case "vm" -> Rig.VM;
            default -> Rig.LOCAL;
        };
    }

    private double length(final String benchmark) {
        final boolean wan = benchmark.equals(WAN);
        if (smoke) {
            return wan ? WAN_SMOKE_SECONDS : SMOKE_SECONDS;
        }
        return seconds > 0 ? seconds : wan ? WAN_SECONDS : LONGER.contains(benchmark) ? 2 : 1;
    }

    private void keep(
            final String benchmark,
            final Rig rig,
            final String table,
            final String report,
            final Map<String, String> machine)
            throws IOException {
        final StringBuilder text = new StringBuilder();
        text.append("command: virtuoso bench ")
                .append(benchmark)
                .append(commandOptions())
                .append('\n');
        machine.forEach(
                (key, value) -> text.append(key).append(": ").append(value).append('\n'));
        text.append('\n').append(table).append('\n').append(TextReport.legend());
        final String file = benchmark + rig.suffix();
        Files.writeString(out.resolve(file + ".txt"), text);
        Files.writeString(out.resolve(file + ".json"), report);
    }

    private void draw(final Map<String, String> drawings) throws IOException {
        for (final Map.Entry<String, String> drawing : drawings.entrySet()) {
            Files.writeString(out.resolve(drawing.getKey() + ".svg"), drawing.getValue());
        }
    }

    private String commandOptions() {
        final StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, " --runs %d --cores %s", runs, cores));
        if (seconds > 0) {
            text.append(" --seconds ").append(seconds);
        }
        text.append(port == null ? "" : " --port " + port);
        wanted.forEach(some -> text.append(" --case '").append(some).append('\''));
        text.append(profile ? " --profile" : "")
                .append(smoke ? " --smoke" : "")
                .append(selfCheck ? " --self-check" : "");
        return text.toString();
    }
}
