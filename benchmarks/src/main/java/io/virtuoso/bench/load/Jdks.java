package io.virtuoso.bench.load;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The JDKs of this machine, looked for where the launcher does: JAVA_HOME, PATH's, and the usual folders. */
public final class Jdks {
    private static final String VERSION_KEY = "JAVA_VERSION=";
    private static final List<String> FOLDERS = List.of(
            "/usr/lib/jvm",
            "/usr/java",
            "/opt",
            "/opt/java",
            System.getProperty("user.home") + "/.sdkman/candidates/java");

    private Jdks() {}

    /** @return the top folder of a JDK with that feature number, such as 17 */
    public static Optional<Path> find(final int feature) {
        return candidates().stream()
                .filter(home -> Files.isExecutable(home.resolve("bin/java")))
                .filter(home -> version(home).matches(feature + "(\\D.*)?"))
                .findFirst();
    }

    /** @return the whole version of a JDK, such as 17.0.9; empty if its folder does not say */
    public static String version(final Path home) {
        try {
            return Files.readString(home.resolve("release"))
                    .lines()
                    .filter(line -> line.startsWith(VERSION_KEY))
                    .map(line -> line.substring(VERSION_KEY.length())
                            .replace("\"", "")
                            .strip())
                    .findFirst()
                    .orElse("");
        } catch (final IOException e) {
            return "";
        }
    }

    private static List<Path> candidates() {
        final List<Path> homes = new ArrayList<>();
        final String given = System.getenv("JAVA_HOME");
        if (given != null && !given.isEmpty()) {
            homes.add(Path.of(given));
        }
        homes.add(Path.of(System.getProperty("java.home")));
        for (final String folder : FOLDERS) {
            homes.addAll(sorted(Path.of(folder)));
        }
        return homes;
    }

    private static List<Path> sorted(final Path folder) {
        final List<Path> homes = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(homes::add);
        } catch (final IOException e) {
            return List.of();
        }
        homes.sort(null);
        return homes;
    }
}
