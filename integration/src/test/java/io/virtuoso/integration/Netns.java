package io.virtuoso.integration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A network namespace of this run, with its loopback up; all in it is gone when it is closed. */
final class Netns implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Set<Netns> LIVING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> LIVING.forEach(Netns::close), "delete-namespaces"));
    }

    private final String name;

    private Netns(final String name) {
        this.name = name;
        LIVING.add(this);
    }

    static Netns create() {
        final Netns created = new Netns("vtt" + Repository.unique());
        Shell.check(LIMIT, "ip", "netns", "add", created.name);
        created.ip("link", "set", "lo", "up");
        return created;
    }

    /** Joins two namespaces by a veth pair, both ends up. */
    static void connect(final Netns left, final String leftName, final Netns right, final String rightName) {
        left.ip("link", "add", leftName, "type", "veth", "peer", "name", rightName, "netns", right.name);
        left.ip("link", "set", leftName, "up");
        right.ip("link", "set", rightName, "up");
    }

    /** Runs ip(8) inside. */
    void ip(final String... arguments) {
        final List<String> command = new ArrayList<>(List.of("ip", "-n", name));
        command.addAll(List.of(arguments));
        Shell.check(LIMIT, command);
    }

    /** @return a command line that runs another one inside */
    List<String> inside(final List<String> command) {
        final List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(command);
        return all;
    }

    /** @return a command line that runs another one inside */
    List<String> inside(final String... command) {
        return inside(List.of(command));
    }

    @Override
    public void close() {
        if (LIVING.remove(this)) {
            Shell.run(LIMIT, List.of("ip", "netns", "del", name));
        }
    }
}
