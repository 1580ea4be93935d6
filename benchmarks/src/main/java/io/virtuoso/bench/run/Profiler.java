package io.virtuoso.bench.run;

import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Child;
import io.virtuoso.bench.side.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Says where the time goes: samples all cores with perf while a load runs, and writes the shares by program and by
 * function. Sampling slows the run, so its figures are thrown away.
 */
final class Profiler {
    /** Columns that perf pads every line with, about branches that nobody sampled. */
    private static final Pattern NO_BRANCHES = Pattern.compile("( +-)*\\s*$");

    private static final String FREQUENCY = "1999";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder;

    /** @param folder where profiles go */
    Profiler(final Path folder) {
        this.folder = folder;
    }

    /** What is sampled. */
    @FunctionalInterface
    interface Work {
        void run() throws BenchException;
    }

    /**
     * Samples from the end of the warm-up for the length of the measured window.
     *
     * @param name the profile's file name, without its ending
     * @param startSeconds how long the work takes until its warm-up begins
     * @param javaPids JVMs whose compiled methods are to have names
     */
    void profile(
            final String name,
            final Options options,
            final double startSeconds,
            final List<Long> javaPids,
            final Work work)
            throws BenchException {
        final Path data = folder.resolve(name + ".perf");
        final List<String> record = List.of(
                "sh",
                "-c",
                "sleep " + (startSeconds + options.warmUp() + 0.1) + "; exec perf record -q -a -F " + FREQUENCY
                        + " -o '" + data + "' -- sleep " + options.seconds() * 0.8);
        try (Child perf = Child.start("perf", record, Map.of(), folder.resolve(name + ".log"))) {
            work.run();
            perf.awaitEnd(LIMIT);
        }
        for (final long pid : javaPids) {
            nameMethods(pid);
        }
        try {
            Files.writeString(
                    folder.resolve(name + ".profile.txt"),
                    report(data, "comm", "1") + report(data, "comm,dso", "1") + report(data, "comm,dso,symbol", "0.4"));
            Files.deleteIfExists(data);
            for (final long pid : javaPids) {
                Files.deleteIfExists(Path.of("/tmp/perf-" + pid + ".map"));
            }
            Files.deleteIfExists(folder.resolve(name + ".log"));
        } catch (final IOException e) {
            throw new BenchException("cannot write the profile: " + e.getMessage(), e);
        }
    }

    /** Makes a JVM write the map that perf looks for; a process that is no JVM is left without. */
    private static void nameMethods(final long pid) throws BenchException {
        final String jcmd =
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Shell.run(List.of(jcmd, String.valueOf(pid), "Compiler.perfmap"), Map.of(), LIMIT);
    }

    private static String report(final Path data, final String sort, final String limit) throws BenchException {
        final List<String> command = List.of(
                "perf",
                "report",
                "-i",
                data.toString(),
                "--stdio",
                "--no-children",
                "-g",
                "none",
                "--sort",
                sort,
                "--percent-limit",
                limit);
        final Shell.Output output = Shell.run(command, Map.of(), LIMIT);
        if (output.status() != 0) {
            throw new BenchException(Shell.describe(command, output));
        }
        return output.out()
                        .lines()
                        .filter(line -> !line.startsWith("#") && !line.isBlank())
                        .map(line -> NO_BRANCHES.matcher(line).replaceFirst(""))
                        .reduce("% of samples of all cores, by " + sort + "\n", (all, line) -> all + line + "\n")
                + "\n";
    }
}
