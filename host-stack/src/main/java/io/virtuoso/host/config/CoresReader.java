package io.virtuoso.host.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the {@code cores} of a configuration. */
final class CoresReader {
    private static final List<String> KEYS = List.of("min", "max", "cpus", "exclusive");
    private static final String CPUS = "give processors' numbers, such as cpus: [2, 3], as many as 'max' says";

    private CoresReader() {}

    static CoresConfig read(final YamlView root) throws ConfigException {
        final Optional<YamlView> found = root.child("cores", "cores", KEYS);
        if (found.isEmpty()) {
            return CoresConfig.DEFAULT;
        }
        final YamlView view = found.get();
        final List<Integer> cpus = cpus(view);
        final int most = view.number("max", 1, CoresConfig.MAX_CORES, Math.max(1, cpus.size()));
        final int least = view.number("min", 1, CoresConfig.MAX_CORES, 1);
        if (least > most) {
            throw view.error("min", "'min' is more than 'max', " + most, "give at most " + most);
        }
        if (view.has("cpus") && cpus.size() < most) {
            throw view.error("cpus", "there are " + most + " cores and " + cpus.size() + " cpus", CPUS);
        }
        return new CoresConfig(least, most, cpus, exclusive(view));
    }

    private static boolean exclusive(final YamlView view) throws ConfigException {
        final boolean exclusive = view.flag("exclusive", false);
        if (exclusive && !view.has("cpus")) {
            throw view.error("exclusive", "no cpus are given to be kept for the cores", CPUS);
        }
        return exclusive;
    }

    private static List<Integer> cpus(final YamlView view) throws ConfigException {
        final List<Integer> cpus = new ArrayList<>();
        for (final String word : view.words("cpus", CPUS)) {
            final int cpu = word.matches("[0-9]{1,4}") ? Integer.parseInt(word) : Integer.MAX_VALUE;
            if (cpu > CoresConfig.MAX_CPU) {
                throw view.error("cpus", "bad processor '" + word + "'", CPUS);
            }
            if (cpus.contains(cpu)) {
                throw view.error("cpus", "processor " + cpu + " is there twice", CPUS);
            }
            cpus.add(cpu);
        }
        return cpus;
    }
}
