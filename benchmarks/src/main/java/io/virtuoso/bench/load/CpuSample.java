package io.virtuoso.bench.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.virtuoso.bench.side.BenchException;
import io.virtuoso.bench.stat.Run;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Processor time at one moment, taken as the load generators in C take it: processes from their CPU clocks, the
 * machine's busy time as what is left of wall time when idle, iowait and steal are taken off. In seconds.
 */
record CpuSample(double wall, double idle, double steal, double client, double server, double host, double all) {
    private static final double TICKS_PER_SECOND = 100;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int IDLE = 4;
    private static final int IOWAIT = 5;
    private static final int STEAL = 8;
    /** Fields of /proc/PID/stat, counted behind the name: flags; user, system, and both again of awaited children. */
    private static final int FLAGS = 6;

    private static final int USER = 11;
    private static final int AFTER_CHILDREN = 15;
    private static final long KERNEL_THREAD = 0x0020_0000;
    private static final MethodHandle CLOCK_OF = function("clock_getcpuclockid");
    private static final MethodHandle CLOCK = function("clock_gettime");

    static CpuSample take(final long clientPid, final List<Long> serverPids, final List<Long> hostPids)
            throws BenchException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment scratch = arena.allocate(2 * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
            final double client = processes(List.of(clientPid), scratch);
            final double server = processes(serverPids, scratch);
            final double host = processes(hostPids, scratch);
            final String[] machine = Files.readString(Path.of("/proc/stat"))
                    .lines()
                    .findFirst()
                    .orElse("")
                    .split(" +", STEAL + 2);
            final double steal = Long.parseLong(machine[STEAL]) / TICKS_PER_SECOND;
            final double idle =
                    (Long.parseLong(machine[IDLE]) + Long.parseLong(machine[IOWAIT])) / TICKS_PER_SECOND + steal;
            return new CpuSample(
                    System.nanoTime() / NANOS_PER_SECOND, idle, steal, client, server, host, allProcesses());
        } catch (final IOException e) {
            throw new BenchException("cannot read /proc/stat: " + e.getMessage(), e);
        }
    }

    /** @return what was spent between the two */
    Run.Cpu until(final CpuSample later) {
        final double cores = (later.wall - wall) * Runtime.getRuntime().availableProcessors();
        final double ours = later.client - client + later.server - server + later.host - host;
        return new Run.Cpu(
                Math.max(0, cores - (later.idle - idle)),
                later.steal - steal,
                later.client - client,
                later.server - server,
                later.host - host,
                Math.max(0, later.all - all - ours));
    }

    /** @return time of all processes but the kernel's threads, with the children they awaited */
    private static double allProcesses() throws IOException {
        double ticks = 0;
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (final Path process : processes) {
                ticks += ticks(process.resolve("stat"));
            }
        }
        return ticks / TICKS_PER_SECOND;
    }

    private static long ticks(final Path stat) {
        final String text;
        try {
            text = Files.readString(stat, StandardCharsets.ISO_8859_1);
        } catch (final IOException e) {
            return 0; // it has ended
        }
        final String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", AFTER_CHILDREN + 1);
        if ((Long.parseLong(fields[FLAGS]) & KERNEL_THREAD) != 0) {
            return 0;
        }
        long ticks = 0;
        for (int field = USER; field < AFTER_CHILDREN; field++) {
            ticks += Long.parseLong(fields[field]);
        }
        return ticks;
    }

    private static double processes(final List<Long> pids, final MemorySegment scratch) {
        double seconds = 0;
        for (final long pid : pids) {
            seconds += process((int) pid, scratch);
        }
        return seconds;
    }

    /** @return a process's time; 0 if it has ended */
    private static double process(final int pid, final MemorySegment scratch) {
        try {
            if ((int) CLOCK_OF.invokeExact(pid, scratch) != 0) {
                return 0;
            }
            final int clock = scratch.get(JAVA_INT, 0);
            if ((int) CLOCK.invokeExact(clock, scratch) != 0) {
                return 0;
            }
            return scratch.get(JAVA_LONG, 0) + scratch.get(JAVA_LONG, JAVA_LONG.byteSize()) / NANOS_PER_SECOND;
        } catch (final Throwable e) {
            throw new IllegalStateException("a call that throws nothing", e);
        }
    }

    private static MethodHandle function(final String name) {
        final Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    }
}
