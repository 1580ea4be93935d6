package io.virtuoso.host.control;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.GuestException;
import io.virtuoso.host.guest.GuestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers what {@code virtuoso-ctl} asks. Control thread only; what the stack must answer comes back by message. */
final class QueryDesk {
    private static final Logger LOG = LoggerFactory.getLogger(QueryDesk.class);
    private static final String KNOWN =
            "guest NAME, guests, ss, ss -i, stats, metrics, top, policy, apply [FILE], capture, move NETWORK CORE, ready";
    private static final Pattern MOVE = Pattern.compile("move (\\S+) ([0-9]{1,4})");

    private final GuestRegistry registry;
    private final AttachDesk attachments;
    private final StackMailboxes stack;
    private final MachineHost machines;
    private final GuestDoors doors;
    private final ConfigDesk config;
    private final CaptureDesk captures;

    /** Opens guests' sockets. */
    @FunctionalInterface
    interface GuestDoors {
        /** @return where the guest's processes attach. @throws IOException if the socket cannot be made */
        Path open(Guest guest) throws IOException;
    }

    QueryDesk(
            final GuestRegistry registry,
            final AttachDesk attachments,
            final StackMailboxes stack,
            final MachineHost machines,
            final GuestDoors doors,
            final ConfigDesk config,
            final CaptureDesk captures) {
        this.registry = registry;
        this.attachments = attachments;
        this.stack = stack;
        this.machines = machines;
        this.doors = doors;
        this.config = config;
        this.captures = captures;
    }

    /** Answers a request, at once or later. */
    void onRequest(final String request, final QueryConnection asker) {
        if (request.startsWith("guest ")) {
            guest(request.substring("guest ".length()).strip(), asker);
            return;
        }
        if (request.startsWith("apply ")) {
            apply(Optional.of(request.substring("apply ".length()).strip()), asker);
            return;
        }
        if (request.startsWith("capture ")) {
            captures.onRequest(request.substring("capture ".length()), asker);
            return;
        }
        final Matcher move = MOVE.matcher(request);
        if (move.matches()) {
            move(move.group(1), Integer.parseInt(move.group(2)), asker);
            return;
        }
        switch (request) {
            case "capture" -> captures.onRequest("", asker);
            case "apply" -> apply(Optional.empty(), asker);
            case "policy" ->
                stack.query(
                        StackCommands::policies,
                        gates -> asker.ok('\n', PolicyReport.print(union(gates))),
                        e -> failed(asker, e));
            case "guests" -> asker.ok('\n', guests());
            case "ss" -> sockets(asker, false);
            case "ss -i" -> sockets(asker, true);
            case "stats" -> stats(asker, QueryDesk::print);
            case "metrics" -> metrics(asker);
            case "top" -> bills(asker);
            case "ready" -> stack.query(commands -> true, all -> asker.ok(' ', "ready\n"), e -> failed(asker, e));
            default -> asker.error("unknown request '" + request + "'; known: " + KNOWN);
        }
    }

    private static void failed(final QueryConnection asker, final RuntimeException e) {
        LOG.error("a query failed on the stack thread", e);
        asker.error("the host stack failed to answer: " + e);
    }

    private void apply(final Optional<String> file, final QueryConnection asker) {
        config.apply(file.map(Path::of), text -> asker.ok('\n', text), asker::error);
    }

    private void move(final String network, final int core, final QueryConnection asker) {
        stack.move(
                network,
                core,
                done -> {
                    if (done) {
                        asker.ok(' ', "moving\n");
                    } else {
                        asker.error("there is no core " + core);
                    }
                },
                e -> failed(asker, e));
    }

    private void guest(final String name, final QueryConnection asker) {
        try {
            final Guest guest = registry.findOrCreate(name);
            asker.ok(' ', doors.open(guest) + " " + Ipv4.format(guest.address()) + "\n");
        } catch (final GuestException | IOException e) {
            asker.error(e.getMessage());
        }
    }

    private String guests() {
        final Map<Guest, List<Attachment>> byGuest = attachments.connections().stream()
                .flatMap(connection -> connection.attachment().stream())
                .filter(attachment -> attachment.endReason().isEmpty())
                .collect(Collectors.groupingBy(Attachment::guest));
        return GuestReport.print(registry.all(), byGuest);
    }

    private void sockets(final QueryConnection asker, final boolean details) {
        stack.query(
                StackCommands::sockets,
                facts -> asker.ok(
                        '\n',
                        SocketReport.print(facts.stream().flatMap(List::stream).toList(), details)),
                e -> failed(asker, e));
    }

    private void bills(final QueryConnection asker) {
        stack.query(
                StackCommands::bills,
                bills -> asker.ok('\n', BillReport.print(Bills.sum(bills))),
                e -> failed(asker, e));
    }

    private void metrics(final QueryConnection asker) {
        stack.query(
                StackCommands::bills,
                bills -> stats(
                        asker,
                        counters ->
                                MetricsReport.print(counters, Bills.sum(bills).guests())),
                e -> failed(asker, e));
    }

    private void stats(final QueryConnection asker, final Function<Map<String, Long>, String> printer) {
        stack.query(
                commands -> {
                    final Map<String, Long> counters = new LinkedHashMap<>();
                    commands.counters((name, value) -> counters.merge(name, value, Long::sum)); // of all networks
                    return counters;
                },
                answers -> {
                    final Map<String, Long> counters = new LinkedHashMap<>();
                    answers.forEach(one -> one.forEach((name, value) -> counters.merge(name, value, Long::sum)));
                    attachments.counters(counters::put);
                    machines.counters(counters::put);
                    asker.ok('\n', printer.apply(counters));
                },
                e -> failed(asker, e));
    }

    private static <T> Map<String, T> union(final List<Map<String, T>> maps) {
        final Map<String, T> all = new LinkedHashMap<>();
        maps.forEach(all::putAll);
        return all;
    }

    private static String print(final Map<String, Long> counters) {
        return counters.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(counter -> String.format(Locale.ROOT, "%-40s %d%n", counter.getKey(), counter.getValue()))
                .collect(Collectors.joining());
    }
}
