package io.virtuoso.bench.load;

import io.virtuoso.bench.side.Cores;
import io.virtuoso.bench.side.Dialogue;
import io.virtuoso.bench.side.Side;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where and how long one run of a load takes place.
 *
 * @param tools folder with the load generators
 * @param side whose client's place the load runs in
 * @param dir a folder for this side's files
 * @param seconds length of the measured window
 * @param warmUp seconds before it, where the load generator knows such
 * @param cores where programs run
 * @param serverPids the server's processes, whose time is measured too
 * @param hostPids the host stack's processes, on either side
 * @param client the client that stays up, if the load has one
 */
public record Setting(
        Path tools,
        Side side,
        Path dir,
        double seconds,
        double warmUp,
        Cores cores,
        List<Long> serverPids,
        List<Long> hostPids,
        Optional<Dialogue> client) {
    String tool(final String name) {
        return tools.resolve(name).toString();
    }

    /** @return the options that make a load generator watch server and host stack */
    List<String> watch() {
        return watch(serverPids);
    }

    /** @return the options that make a load generator watch such servers, and the host stack */
    List<String> watch(final List<Long> servers) {
        final List<String> options = new ArrayList<>(List.of("--watch", "server=" + join(servers)));
        if (!hostPids.isEmpty()) {
            options.addAll(List.of("--watch", "host=" + join(hostPids)));
        }
        return options;
    }

    /** @return the command as it has to be run: in the client's place, on its core */
    List<String> placed(final List<String> command) {
        return cores.asClient(side.asClient(command));
    }

    static String join(final List<Long> pids) {
        return pids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
