package io.virtuoso.bench.side;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Temporary folders. */
public final class Folders {
    private Folders() {}

    /** Removes a folder with all that is in it; what cannot be removed is named on standard error. */
    public static void remove(final Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (final IOException e) {
            System.err.println("bench: " + folder + " could not be removed: " + e.getMessage());
        }
    }
}
