package io.virtuoso.integration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest: what runs here, runs with the preload library and its attach socket.
 *
 * @param name    as the host stack knows it
 * @param socket  path of its attach socket; empty on {@link KernelMachine}
 * @param address its IPv4 address
 * @param home    namespace that its processes run in
 */
record Guest(String name, String socket, String address, Netns home) {
    /** Starts a command that runs beside the test. */
    Child start(final String... command) {
        return Child.start(name + "-" + Path.of(command[0]).getFileName(), commandLine(List.of(command)));
    }

    /** Runs a command to its end. */
    Shell.Result run(final Duration limit, final String... command) {
        return Shell.run(limit, commandLine(List.of(command)));
    }

    /** Runs a command to its end, which must be a success. @return its output */
    String check(final Duration limit, final String... command) {
        return Shell.check(limit, commandLine(List.of(command)));
    }

    /** @return a command line that runs another one as this guest */
    List<String> commandLine(final List<String> command) {
        final List<String> all = new ArrayList<>();
        if (!socket.isEmpty()) {
            all.addAll(List.of("env", "LD_PRELOAD=" + Repository.PRELOAD, "VIRTUOSO_GUEST_SOCKET=" + socket));
        }
        all.addAll(command);
        return home.inside(all);
    }
}
