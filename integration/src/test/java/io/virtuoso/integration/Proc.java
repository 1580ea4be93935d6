package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says about a process. */
final class Proc {
    private static final long MILLIS_PER_TICK = 10;

    private Proc() {}

    /** @return CPU time used so far by all threads, user and system */
    static long cpuMillis(final long pid) {
        final String stat = read(pid, "stat");
        final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK;
    }

    /** @return CPU time in nanoseconds that a process's thread of this name has used so far */
    static long threadCpuNanos(final long pid, final String name) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            final Path task = tasks.filter(
                            one -> ofTask(pid, one, "comm").strip().equals(name))
                    .findFirst()
                    .orElseThrow();
            return Long.parseLong(
                    read(pid, "task/" + task.getFileName() + "/schedstat").split(" ", -1)[0]);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return processors that threads of a name may use, as the kernel writes lists: {@code 0-1,3} */
    static List<String> processors(final long pid, final String name) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return tasks.map(task -> ofTask(pid, task, "status"))
                    .filter(status -> status.startsWith("Name:\t" + name + "\n"))
                    .map(status -> field(status, "Cpus_allowed_list:"))
                    .toList();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return numbers of the processors that this process may use */
    static List<Integer> processors() {
        final List<Integer> found = new ArrayList<>();
        for (final String range : field(read(ProcessHandle.current().pid(), "status"), "Cpus_allowed_list:")
                .split(",", -1)) {
            final String[] ends = range.split("-", -1);
            for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                found.add(cpu);
            }
        }
        return found;
    }

    private static String field(final String status, final String name) {
        return status.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElseThrow();
    }

    /** @return resident memory, pages shared with others divided among them */
    static long pssBytes(final long pid) {
        return rollup(pid, "Pss:");
    }

    /** @return resident memory that nobody shares */
    static long privateBytes(final long pid) {
        return rollup(pid, "Private_Clean:") + rollup(pid, "Private_Dirty:");
    }

    /** @return open descriptors */
    static long descriptors(final long pid) {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return files.count();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return its threads, as the kernel counts them */
    static long threads(final long pid) {
        return read(pid, "status")
                .lines()
                .filter(line -> line.startsWith("Threads:"))
                .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[1]))
                .findFirst()
                .orElseThrow();
    }

    /** @return bytes of live objects in a JVM's heap */
    static long liveHeapBytes(final long pid) {
        final String jcmd =
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        final List<String> lines = Shell.check(Duration.ofSeconds(90), jcmd, "" + pid, "GC.class_histogram")
                .lines()
                .toList();
        final String[] total = lines.getLast().strip().split("\\s+", -1);
        return Long.parseLong(total[2]);
    }

    private static long rollup(final long pid, final String field) {
        return read(pid, "smaps_rollup")
                .lines()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[1]) << 10)
                .sum();
    }

    /** @return empty if the thread has ended meanwhile, as compilers' threads do */
    private static String ofTask(final long pid, final Path task, final String file) {
        try {
            return read(pid, "task/" + task.getFileName() + "/" + file);
        } catch (final UncheckedIOException e) {
            return "";
        }
    }

    private static String read(final long pid, final String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), file));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
