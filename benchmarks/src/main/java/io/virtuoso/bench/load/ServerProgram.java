package io.virtuoso.bench.load;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A server that a case needs.
 *
 * @param name tells it from other servers, and names its log file
 * @param port where it listens; probed until it answers
 */
public record ServerProgram(String name, int port, Preparation preparation) {
    /** Writes what the server needs into a side's folder. */
    @FunctionalInterface
    public interface Preparation {
        /** @return the command */
        List<String> prepare(Path tools, Path dir) throws IOException;
    }
}
