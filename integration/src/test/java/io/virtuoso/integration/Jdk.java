package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A JDK of this machine.
 *
 * @param feature 17, 21, 25 and so on
 * @param home    its folder
 */
record Jdk(int feature, Path home) {
    private static final int OLDEST = 17;
    private static final List<Jdk> FOUND = find();

    /** @return for each feature release one, oldest first; those of {@code -Dvirtuoso.test.jdks=17,25} only, if given */
    static List<Jdk> all() {
        return FOUND;
    }

    /** @return the newest one */
    static Jdk newest() {
        return FOUND.getLast();
    }

    /** @return whether it is the one for what is the same on all */
    boolean isNewest() {
        return equals(newest());
    }

    String java() {
        return home.resolve("bin/java").toString();
    }

    private static List<Jdk> find() {
        final String wanted = System.getProperty("virtuoso.test.jdks", "");
        final Set<Integer> seen = new java.util.HashSet<>();
        try (Stream<Path> folders = Files.list(Path.of("/usr/lib/jvm"))) {
            final Path own = Path.of(System.getProperty("java.home"));
            return Stream.concat(Stream.of(own), folders.sorted())
                    .map(home -> new Jdk(featureOf(home), home))
                    .filter(jdk -> jdk.feature >= OLDEST)
                    .filter(jdk ->
                            wanted.isEmpty() || List.of(wanted.split(",", -1)).contains("" + jdk.feature))
                    .filter(jdk -> seen.add(jdk.feature))
                    .sorted(Comparator.comparingInt(Jdk::feature))
                    .toList();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return 0 for what is no JDK */
    private static int featureOf(final Path home) {
        final Path release = home.resolve("release");
        if (!Files.isReadable(release) || !Files.isExecutable(home.resolve("bin/java"))) {
            return 0;
        }
        try (java.io.Reader reader = Files.newBufferedReader(release)) {
            final Properties facts = new Properties();
            facts.load(reader);
            final String version = facts.getProperty("JAVA_VERSION", "0").replace("\"", "");
            return Integer.parseInt(version.replaceAll("[^0-9].*", ""));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "JDK " + feature;
    }
}
