package io.virtuoso.bench;

import io.virtuoso.bench.side.BenchException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the project's top folder: that of {@code VIRTUOSO_HOME}, or the nearest one above the current directory. */
final class Home {
    private static final String LOAD_GENERATOR = "benchmarks/target/bin/rpc";

    private Home() {}

    static Path find() throws BenchException {
        final String given = System.getenv("VIRTUOSO_HOME");
        Path folder = Path.of(given == null ? "" : given).toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("benchmarks"))) {
            folder = folder.getParent();
        }
        if (folder == null || !Files.isExecutable(folder.resolve(LOAD_GENERATOR))) {
            throw new BenchException(
                    "the load generators are not built (" + LOAD_GENERATOR + "); run it from a built tree");
        }
        return folder;
    }
}
