package io.virtuoso.host.slowpath;

import io.virtuoso.host.control.StackCommands.CounterSink;
import io.virtuoso.host.control.StackUpdate;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.LocalPath;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.protocol.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Puts another configuration in force: connections that it forbids are reset, connects that were dropped and are allowed
 * now go on, everything else is left alone. Stack thread only.
 */
public final class PolicyStage {
    private final NodeTable nodes;
    private final LocalPath localPath;
    private final AcceptStage acceptStage;
    private final ConnectionSetup setup;
    private final WireService wire;
    private long resets;

    PolicyStage(
            NodeTable nodes, LocalPath localPath, AcceptStage acceptStage, ConnectionSetup setup, WireService wire) {
        this.nodes = nodes;
        this.localPath = localPath;
        this.acceptStage = acceptStage;
        this.setup = setup;
        this.wire = wire;
    }

    /**
     * Puts an update in force.
     *
     * @param sockets goes through all sockets there are
     * @return how many connections were reset
     */
    public int apply(StackUpdate update, Consumer<Consumer<GuestSocket>> sockets) {
        update.removed().forEach(this::remove);
        update.guests().forEach(guest -> nodes.node(guest).guest(guest));
        update.policies().forEach(nodes::policy);
        update.ways().ifPresent(wire::change);
        final List<GuestSocket> forbidden = new ArrayList<>();
        sockets.accept(socket -> {
            if (isForbidden(socket)) {
                forbidden.add(socket);
            }
        });
        forbidden.stream().filter(socket -> socket.transport() == null).forEach(this::refuse);
        forbidden.stream().filter(socket -> !socket.is(State.FAILED)).forEach(this::cut);
        final int count = forbidden.size() + wire.cutForbidden();
        resets += count;
        setup.resumeDropped();
        return count;
    }

    private void remove(String guest) {
        final GuestNode node = nodes.remove(guest);
        if (node != null) {
            wire.removeNode(node);
        }
    }

    /** @return true for a guest that connected to a guest of this host, or waits for room in its backlog */
    private boolean isForbidden(GuestSocket socket) {
        final GuestNode own = socket.space().node();
        if (own.gate().isOpen() || !socket.flowHeld() || socket.is(State.FAILED)) {
            return false;
        }
        final GuestNode server = nodes.find(own, socket.remoteAddress());
        final boolean local = socket.peer() != null || socket.awaitingAccept() || isWaiting(socket, server);
        return local && !own.mayConnect(server, socket.remoteAddress(), Protocol.TCP, socket.remotePort());
    }

    private static boolean isWaiting(GuestSocket socket, GuestNode server) {
        final Listener listener = listener(socket, server);
        return listener != null && listener.waitingConnects().contains(socket);
    }

    private static Listener listener(GuestSocket client, GuestNode server) {
        return server == null
                ? null
                : server.ports().listener(client.remotePort(), PortSpace.family(client.remoteAddress()));
    }

    private Listener listener(GuestSocket client) {
        return listener(client, nodes.find(client.space().node(), client.remoteAddress()));
    }

    /** What waits goes first: it must not move up to the place of what is cut. */
    private void refuse(GuestSocket client) {
        listener(client).waitingConnects().remove(client);
        ConnectionSetup.refuse(client, TcpErrno.ECONNREFUSED);
    }

    private void cut(GuestSocket client) {
        if (client.awaitingAccept()) {
            acceptStage.withdraw(client, listener(client));
        }
        localPath.cut(client);
    }

    /** @return the policies of all networks, with what their rules decided */
    public Map<String, PolicyGate.Report> report() {
        final Map<String, PolicyGate.Report> reports = new LinkedHashMap<>();
        nodes.gates().forEach((network, gate) -> reports.put(network, gate.report()));
        return reports;
    }

    /** Reports its counters. */
    public void counters(CounterSink sink) {
        long refused = 0;
        long dropped = 0;
        for (PolicyGate gate : nodes.gates().values()) {
            refused += gate.refused();
            dropped += gate.dropped();
        }
        sink.counter("policy.refused", refused);
        sink.counter("policy.dropped", dropped);
        sink.counter("policy.reset", resets);
    }
}
