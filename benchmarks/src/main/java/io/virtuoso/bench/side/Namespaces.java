package io.virtuoso.bench.side;

import java.util.ArrayList;
import java.util.List;

/** Network namespaces of one side, named after this process; all are gone when they are closed. */
final class Namespaces implements AutoCloseable {
    private final String prefix;
    private final List<String> made = new ArrayList<>();

    /** @param mark one letter that tells several sides of one process apart */
    Namespaces(final char mark) {
        prefix = "vbench" + ProcessHandle.current().pid() + mark;
    }

    /** @return the namespace's name, whether it is made or not */
    String name(final String role) {
        return prefix + role;
    }

    /** Makes a namespace, with its loopback up. */
    void add(final String role) throws BenchException {
        Shell.run("ip", "netns", "add", name(role));
        made.add(name(role));
        ip(role, "link", "set", "lo", "up");
    }

    /** Runs ip(8) inside. */
    void ip(final String role, final String... arguments) throws BenchException {
        final List<String> command = new ArrayList<>(List.of("ip", "-n", name(role)));
        command.addAll(List.of(arguments));
        Shell.run(command.toArray(String[]::new));
    }

    /** Sets a variable of sysctl(8) inside: {@code net.ipv4.tcp_tw_reuse=1}. */
    void set(final String role, final String setting) throws BenchException {
        Shell.run("ip", "netns", "exec", name(role), "sysctl", "-qw", setting);
    }

    /** @return the command that runs the given one inside, by exec */
    List<String> inside(final String role, final List<String> command) {
        final List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name(role)));
        all.addAll(command);
        return all;
    }

    @Override
    public void close() {
        for (final String namespace : made) {
            try {
                Shell.run("ip", "netns", "del", namespace);
            } catch (final BenchException e) {
                System.err.println("bench: " + e.getMessage());
            }
        }
        made.clear();
    }
}
