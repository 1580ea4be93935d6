package io.virtuoso.bench.load;

import io.virtuoso.bench.side.Side;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A server that a case needs, or a client that stays up over many runs.
 *
 * @param name tells it from other programs, and names its log file
 * @param port where a server listens; probed until it answers
 * @param jvm whether it is a Java program, and so a guest in another way than native ones
 * @param requirement what it needs of the machine
 */
public record ServerProgram(String name, int port, boolean jvm, Requirement requirement, Preparation preparation) {
    private static final double JIT_SECONDS = 10;

    /** A native program. */
    public ServerProgram(final String name, final int port, final Preparation preparation) {
        this(name, port, false, _ -> Optional.empty(), preparation);
    }

    /** @return for how long it must have been under load before it is measured: Java code is compiled while it runs */
    public double warmUpSeconds() {
        return jvm ? JIT_SECONDS : 0;
    }

    /** Looks whether the program can be run on this machine. */
    @FunctionalInterface
    public interface Requirement {
        /** @return what is missing, if anything is */
        Optional<String> missing(Path tools);
    }

    /** Writes what the program needs into a side's folder. */
    @FunctionalInterface
    public interface Preparation {
        /** @return the command */
        List<String> prepare(Path tools, Path dir, Side side) throws IOException;
    }
}
