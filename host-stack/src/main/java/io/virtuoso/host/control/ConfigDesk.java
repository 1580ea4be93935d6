package io.virtuoso.host.control;

import io.virtuoso.host.config.ConfigDiff;
import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.GuestConfig;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestRegistry;
import io.virtuoso.host.policy.Policy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts another configuration in force while the host stack runs: all of it, or nothing if something in it is wrong.
 * Control thread only.
 */
final class ConfigDesk {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigDesk.class);

    private final Optional<Path> file;
    private final GuestRegistry registry;
    private final AttachDesk attachments;
    private final StackMailboxes stack;
    private final Doors doors;
    private HostConfig config;
    private int version = Policy.FIRST_VERSION;

    /** Guests' attach sockets. */
    interface Doors {
        /** Opens a guest's. @throws IOException if it cannot be made */
        void open(Guest guest) throws IOException;

        /** Closes a guest's, if it is open. */
        void close(Guest guest);

        /** Guests made on demand may have become others: the next host stack is to find these. */
        void remember(List<Guest> onDemand);
    }

    /**
     * @param config in force
     * @param file   where it came from, and is looked for again; empty: from nowhere
     */
    ConfigDesk(
            final HostConfig config,
            final Optional<Path> file,
            final GuestRegistry registry,
            final AttachDesk attachments,
            final StackMailboxes stack,
            final Doors doors) {
        this.config = config;
        this.file = file;
        this.registry = registry;
        this.attachments = attachments;
        this.stack = stack;
        this.doors = doors;
    }

    /**
     * Reads a file and puts it in force.
     *
     * @param from   empty: where the configuration came from
     * @param done   is told what has changed, a line for each thing, when it is in force
     * @param failed is told in one line what is wrong; then nothing has changed
     */
    void apply(final Optional<Path> from, final Consumer<String> done, final Consumer<String> failed) {
        final Optional<Path> source = from.or(() -> file);
        if (source.isEmpty()) {
            failed.accept("the host stack was started without a configuration; give one by 'virtuoso apply -c FILE'");
            return;
        }
        try {
            final HostConfig wanted = ConfigReader.read(source.get());
            final ConfigDiff diff = ConfigDiff.between(config, wanted, registry.onDemandAddresses());
            openDoors(diff, wanted);
            commit(diff, wanted);
            stack.update(
                    update(diff),
                    resets -> done.accept(report(
                            diff, resets.stream().mapToInt(Integer::intValue).sum())),
                    e -> failed.accept("the host stack failed to apply the configuration: " + e));
        } catch (final ConfigException | IOException e) {
            failed.accept(e.getMessage());
        }
    }

    /** As {@link #apply}, asked by a signal: the log tells what came of it. */
    void reload() {
        apply(
                Optional.empty(),
                text -> text.lines().forEach(line -> LOG.info("configuration: {}", line)),
                wrong -> LOG.error("configuration: {}", wrong));
    }

    private void openDoors(final ConfigDiff diff, final HostConfig wanted) throws IOException {
        final List<Guest> opened = new ArrayList<>();
        try {
            for (final GuestConfig guest : diff.added()) {
                final Guest added = GuestRegistry.guest(guest, wanted);
                doors.open(added);
                opened.add(added);
            }
        } catch (final IOException e) {
            opened.forEach(doors::close);
            throw e;
        }
    }

    private void commit(final ConfigDiff diff, final HostConfig wanted) {
        if (!diff.removed().isEmpty()) {
            stack.removing(diff.removed());
        }
        for (final String name : diff.removed()) {
            registry.find(name).ifPresent(guest -> {
                doors.close(guest);
                attachments.remove(guest);
            });
        }
        registry.apply(wanted);
        doors.remember(registry.onDemand());
        config = wanted;
        version++;
    }

    /** Policies get another version each time: guests' labels may have changed. */
    private StackUpdate update(final ConfigDiff diff) {
        final Map<String, Policy> policies = new LinkedHashMap<>();
        for (final NetworkConfig network : config.networks()) {
            policies.put(network.name(), new Policy(version, config.policy(network.name())));
        }
        return new StackUpdate(registry.all(), diff.removed(), policies, Optional.of(config));
    }

    private static String report(final ConfigDiff diff, final int resets) {
        final List<String> lines = new ArrayList<>(diff.lines());
        if (lines.isEmpty()) {
            lines.add("nothing has changed");
        }
        if (resets > 0) {
            lines.add(resets + (resets == 1 ? " connection" : " connections") + " reset");
        }
        return String.join("\n", lines) + "\n";
    }
}
