package io.virtuoso.host.slowpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.GuestTurns;
import io.virtuoso.host.socket.LocalPath;
import java.util.function.Function;
import org.agrona.concurrent.NanoClock;

/**
 * The slow path's parts, put together.
 *
 * @param agent     does the work
 * @param inbox     where the fast path puts commands
 * @param nodes     which guest has which address
 * @param shared    sockets held by several processes
 * @param localPath connections between guests
 * @param datagrams UDP
 * @param wire      connections with everybody else
 * @param updates   puts another configuration in force
 * @param turns     guests to be served, and who pays
 */
public record SlowPath(
        SlowPathAgent agent,
        ControlInbox inbox,
        NodeTable nodes,
        SharedSockets shared,
        LocalPath localPath,
        DatagramPath datagrams,
        WireService wire,
        UpdateStage updates,
        GuestTurns turns) {
    private static final int INBOX_COMMANDS = 1024;

    /** What the maker of a wire service may use. */
    public record WireParts(
            NodeTable nodes, WireSockets sockets, DatagramPath datagrams, NanoClock clock, Ledger ledger) {}

    /**
     * @param clock       the stack thread's, updated once a pass
     * @param ledger      the stack thread's
     * @param wireFactory makes the wire service, for all networks
     */
    public static SlowPath create(NanoClock clock, Ledger ledger, Function<WireParts, WireService> wireFactory) {
        final GuestTurns turns = new GuestTurns(ledger);
        final NodeTable nodes = new NodeTable(turns);
        final ControlInbox inbox = new ControlInbox(INBOX_COMMANDS);
        final Teardown teardown = new Teardown();
        final LocalPath localPath = new LocalPath(teardown::release, ledger);
        final AcceptStage acceptStage = new AcceptStage(localPath, clock);
        final DatagramRoutes routes = new DatagramRoutes(nodes);
        final DatagramPath datagrams = new DatagramPath(routes, ledger);
        final WaitingConnects waitingConnects = new WaitingConnects();
        teardown.connectTo(localPath, acceptStage, datagrams, waitingConnects);
        final WireService wire = wireFactory.apply(
                new WireParts(nodes, new WireSockets(acceptStage, teardown), datagrams, clock, ledger));
        routes.wire(wire);
        nodes.onNewNode(wire::addNode);
        final SharedSockets shared = new SharedSockets(teardown, localPath, datagrams);
        final LateBinds lateBinds = new LateBinds();
        final ConnectionSetup setup =
                new ConnectionSetup(nodes, acceptStage, shared, wire, waitingConnects, clock, lateBinds);
        final UpdateStage updates = new UpdateStage(nodes, localPath, acceptStage, setup, teardown, wire);
        final DatagramStage datagramStage = new DatagramStage(datagrams, lateBinds);
        final OptionStage options = new OptionStage(shared);
        final SlowPathAgent agent = new SlowPathAgent(
                inbox, setup, acceptStage, datagramStage, options, teardown, waitingConnects, lateBinds, clock, ledger);
        return new SlowPath(agent, inbox, nodes, shared, localPath, datagrams, wire, updates, turns);
    }
}
