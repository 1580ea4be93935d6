package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A part of a JDK that is small enough for a virtual machine to begin with. Made once, and kept in the build's folder. */
final class JavaRuntime {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String MODULES = "java.base,java.instrument,java.logging,java.net.http";

    private JavaRuntime() {}

    /** @return its folder */
    static Path of(final Jdk jdk) {
        final Path folder = Repository.ROOT.resolve("integration/target/runtime-" + jdk.feature());
        if (!Files.exists(folder)) {
            final Path fresh = Path.of(folder + "-" + Repository.unique());
            final String jlink = jdk.home().resolve("bin/jlink").toString();
            final String[] smaller = {"--strip-debug", "--no-header-files", "--no-man-pages"};
            Shell.check(
                    LIMIT,
                    jlink,
                    "--add-modules",
                    MODULES,
                    "--output",
                    fresh.toString(),
                    smaller[0],
                    smaller[1],
                    smaller[2]);
            Shell.check(LIMIT, fresh.resolve("bin/java").toString(), "-Xshare:dump");
            move(fresh, folder);
        }
        return folder;
    }

    private static void move(final Path fresh, final Path folder) {
        try {
            Files.move(fresh, folder);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
