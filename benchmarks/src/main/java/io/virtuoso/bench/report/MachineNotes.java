package io.virtuoso.bench.report;

import io.virtuoso.bench.load.Jdks;
import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.side.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a result depends on besides the code: machine, kernel, versions. */
public final class MachineNotes {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private MachineNotes() {}

    /**
     * @param home the project's top folder, for its commit
     * @param tools folder with the load generators
     * @return notes in the order in which they are to be shown
     */
    public static Map<String, String> take(final Path home, final Path tools) {
        final Map<String, String> notes = new LinkedHashMap<>();
        notes.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        notes.put("commit", first("git", "-C", home.toString(), "describe", "--always", "--dirty", "--abbrev=12"));
        notes.put("kernel", System.getProperty("os.version"));
        notes.put("cpu", field(Path.of("/proc/cpuinfo"), "model name"));
        notes.put("cores", String.valueOf(Runtime.getRuntime().availableProcessors()));
        notes.put("memory", field(Path.of("/proc/meminfo"), "MemTotal"));
        notes.put("java", System.getProperty("java.vm.version"));
        for (final int feature : List.of(17, 25)) {
            notes.put("jdk " + feature, Jdks.find(feature).map(Jdks::version).orElse("not found"));
        }
        notes.put("memcached", first("memcached", "-V"));
        notes.put("nginx", first("nginx", "-v"));
        notes.put("iperf3", first("iperf3", "--version"));
        notes.put("wrk", first("wrk", "-v"));
        notes.put("congestion control", "cubic on the kernel's side");
        notes.put("system call cost", first(tools.resolve("probe").toString(), "calls"));
        notes.put("load average", content(Path.of("/proc/loadavg")));
        return notes;
    }

    /** @return the first line that a command prints, or that it is not there */
    private static String first(final String... command) {
        try {
            final Shell.Output output = Shell.run(List.of(command), Map.of(), LIMIT);
            return (output.out() + output.err()).strip().lines().findFirst().orElse("");
        } catch (final BenchException e) {
            return "not found";
        }
    }

    private static String field(final Path file, final String name) {
        return content(file)
                .lines()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse("unknown");
    }

    private static String content(final Path file) {
        try {
            return Files.readString(file).strip();
        } catch (final IOException e) {
            return "unknown";
        }
    }
}
