package io.virtuoso.bench.side;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Which processors client, server and host stack run on, and who comes first there. */
public enum Cores {
    /** The kernel's scheduler places all. */
    FREE,
    /** The client on core 0, the server on core 1; the host stack as it likes. */
    PINNED,
    /**
     * The host stack's core on core 0, all other programs on the others. A neighbour's programs only get what the
     * measured tenant's leave: SCHED_IDLE, see sched(7). All are of one session, so that autogroup does not divide them.
     */
    APART;

    private static final String FIRST = "0";

    /** @return the one of that name, in lower case */
    public static Optional<Cores> of(final String name) {
        return Stream.of(values()).filter(some -> some.label().equals(name)).findFirst();
    }

    /** @return the name in lower case, as reports have it */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return the command that runs the given one, a client, by exec */
    public List<String> asClient(final List<String> command) {
        return this == PINNED ? on(FIRST, command) : apart(command);
    }

    /** @return the command that runs the given one, a server, by exec */
    public List<String> asServer(final List<String> command) {
        return this == PINNED ? on("1", command) : apart(command);
    }

    /**
     * @param yields whether others are measured beside it, that it is not to take processor time from
     * @return the command that runs the given one, a neighbour's client or server, by exec
     */
    public List<String> asNeighbour(final boolean yields, final List<String> command) {
        return yields && this == APART ? before(List.of("chrt", "--idle", "0"), apart(command)) : apart(command);
    }

    private List<String> apart(final List<String> command) {
        return this == APART ? on("1-" + (Runtime.getRuntime().availableProcessors() - 1), command) : command;
    }

    private static List<String> on(final String cpus, final List<String> command) {
        return before(List.of("taskset", "-c", cpus), command);
    }

    private static List<String> before(final List<String> words, final List<String> command) {
        final List<String> all = new ArrayList<>(words);
        all.addAll(command);
        return all;
    }

    /** @return what it adds to a host stack's configuration */
    String configuration() {
        return this == APART ? "cores: {cpus: [0], exclusive: true}\n" : "";
    }
}
