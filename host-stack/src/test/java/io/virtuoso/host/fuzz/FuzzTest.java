package io.virtuoso.host.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.OperatingSystemMXBean;
import io.virtuoso.host.net.WirePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Entry points stand whatever comes: nothing is thrown, everything is accounted for, nothing is left behind.
 * {@code -Dfuzz.entry=NAME} plays one of them, {@code -Dfuzz.seconds=N} for so many seconds of the process's CPU time
 * with inputs of its own, {@code -Dfuzz.keep=true} adds what it found to the corpus, {@code -Dfuzz.record=FILE} appends
 * the line of the result to a file, {@code -Dfuzz.input=HEX} plays one input.
 */
class FuzzTest {
    private static final int SHORT_RUN = 6_000;
    private static final Map<String, String> TARGETS = new TreeMap<>(Map.of(
            "ethernet", "io.virtuoso.host.net.EthernetTarget",
            "arp", "io.virtuoso.host.net.ArpTarget",
            "ipv4", "io.virtuoso.host.net.Ipv4Target",
            "ipv6", "io.virtuoso.host.net.Ipv6Target",
            "icmp", "io.virtuoso.host.net.IcmpTarget",
            "icmpv6", "io.virtuoso.host.net.Icmpv6Target",
            "udp", "io.virtuoso.host.net.UdpTarget",
            "tcp-options", "io.virtuoso.host.net.TcpTarget",
            "segments", "io.virtuoso.host.tcp.SegmentTarget"));

    private static final FuzzClassLoader LOADER = new FuzzClassLoader(WirePath.class);

    static Stream<String> entries() {
        String only = System.getProperty("fuzz.entry");
        return only == null ? TARGETS.keySet().stream() : Stream.of(only);
    }

    @ParameterizedTest
    @MethodSource("entries")
    void shouldStandAnything(String entry) {
        FuzzTarget target = LOADER.newTarget(TARGETS.get(entry));
        long seconds = Long.getLong("fuzz.seconds", 0);
        Fuzzer fuzzer = new Fuzzer(target, seconds > 0 ? System.nanoTime() : 1);
        String input = System.getProperty("fuzz.input");
        List<byte[]> known =
                input == null ? Corpus.load(entry) : List.of(HexFormat.of().parseHex(input));
        known.forEach(fuzzer::play);
        if (input == null) {
            fuzzer.fuzz(limit(seconds, known.size()));
        }
        report(entry, fuzzer);
        assertEquals(List.of(), describe(fuzzer));
        assertTrue(input != null || fuzzer.edges() > 100, "nothing is counted");
    }

    private static LongPredicate limit(long seconds, int known) {
        long until = cpuNs() + TimeUnit.SECONDS.toNanos(seconds);
        return seconds > 0 ? runs -> runs % 64 != 0 || cpuNs() < until : runs -> runs < known + SHORT_RUN;
    }

    private static long cpuNs() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static List<String> describe(Fuzzer fuzzer) {
        return fuzzer.findings().stream()
                .map(finding -> finding.thrown() + " with -Dfuzz.input=" + finding.input())
                .toList();
    }

    private static void report(String entry, Fuzzer fuzzer) {
        fuzzer.findings().forEach(finding -> finding.thrown().printStackTrace());
        String line = "fuzz %s: %d executions, %d edges, corpus %d, findings %d, %d s of CPU time, %s"
                .formatted(
                        entry,
                        fuzzer.executions(),
                        fuzzer.edges(),
                        fuzzer.corpusSize(),
                        fuzzer.findings().size(),
                        TimeUnit.NANOSECONDS.toSeconds(cpuNs()),
                        Instant.now().truncatedTo(ChronoUnit.SECONDS));
        System.out.println(line);
        if (Boolean.getBoolean("fuzz.keep")) {
            Corpus.store(entry, fuzzer.essential());
        }
        String record = System.getProperty("fuzz.record");
        if (record != null) {
            append(Path.of(record), line, describe(fuzzer));
        }
    }

    private static void append(Path file, String line, List<String> findings) {
        try {
            Files.write(
                    file,
                    Stream.concat(Stream.of(line), findings.stream()).toList(),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
