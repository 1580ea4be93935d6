package io.virtuoso.host.slowpath;

import io.virtuoso.host.control.StackCommands.CounterSink;
import io.virtuoso.host.control.StackUpdate;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.LocalPath;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.protocol.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Puts another configuration in force: guests that it does not have any more go, connections that it forbids are reset,
 * connects that were dropped and are allowed now go on, everything else is left alone. Stack thread only.
 */
public final class UpdateStage {
    private final NodeTable nodes;
    private final LocalPath localPath;
    private final AcceptStage acceptStage;
    private final ConnectionSetup setup;
    private final Teardown teardown;
    private final WireService wire;
    private long resets;
    private int goingWithGuests;

    UpdateStage(
            NodeTable nodes,
            LocalPath localPath,
            AcceptStage acceptStage,
            ConnectionSetup setup,
            Teardown teardown,
            WireService wire) {
        this.nodes = nodes;
        this.localPath = localPath;
        this.acceptStage = acceptStage;
        this.setup = setup;
        this.teardown = teardown;
        this.wire = wire;
    }

    /**
     * Notes how many connections end because guests will be gone by the next update. Their processes are ended before it, and
     * the connections of a guest with another one, or with itself, end once.
     *
     * @param sockets goes through all sockets there are
     */
    public void removing(List<String> guests, Consumer<Consumer<GuestSocket>> sockets) {
        final Set<GuestNode> going =
                guests.stream().map(nodes::find).filter(Objects::nonNull).collect(Collectors.toSet());
        if (going.isEmpty()) {
            return; // they are of another island
        }
        sockets.accept(socket -> {
            final boolean connected = isClient(socket) && (socket.peer() != null || socket.awaitingAccept());
            if (connected && (going.contains(socket.space().node()) || going.contains(server(socket)))) {
                goingWithGuests++;
            }
        });
        goingWithGuests += wire.connections(going::contains);
    }

    /**
     * Puts an update in force.
     *
     * @param sockets goes through all sockets there are
     * @return how many connections were reset
     */
    public int apply(StackUpdate update, Consumer<Consumer<GuestSocket>> sockets) {
        update.removed().forEach(guest -> remove(guest, sockets));
        update.guests().forEach(guest -> nodes.node(guest).guest(guest));
        update.policies().forEach(nodes::policy);
        update.ways().ifPresent(wire::change);
        final List<GuestSocket> forbidden = new ArrayList<>();
        sockets.accept(socket -> {
            if (isForbidden(socket)) {
                forbidden.add(socket);
            }
        });
        // What waits goes first: it must not move up to the place of what is cut.
        int count = (int) forbidden.stream()
                .filter(UpdateStage::isConnecting)
                .filter(setup::forbid)
                .count();
        for (GuestSocket socket : forbidden) {
            if (!isConnecting(socket) && !socket.is(State.FAILED)) {
                cut(socket);
                count++;
            }
        }
        count += wire.cutForbidden(setup::forbid);
        resets += count;
        setup.resumeDropped();
        count += goingWithGuests;
        goingWithGuests = 0;
        return count;
    }

    /** Its processes have been ended by now, but those that ended before may have left data that is still to be sent. */
    private void remove(String guest, Consumer<Consumer<GuestSocket>> sockets) {
        final GuestNode node = nodes.remove(guest);
        if (node == null) {
            return;
        }
        final List<GuestSocket> left = new ArrayList<>();
        sockets.accept(socket -> {
            if (socket.space().node() == node) {
                left.add(socket);
            }
        });
        for (GuestSocket socket : left) {
            if (socket.closed()) {
                teardown.abandon(socket);
            } else {
                teardown.close(socket, true);
            }
        }
        wire.removeNode(node);
    }

    /** @return true for a guest that connected to a guest of this host, or waits until it may do so, or may send its SYN */
    private boolean isForbidden(GuestSocket socket) {
        final GuestNode own = socket.space().node();
        if (own.gate().isOpen() || !isClient(socket)) {
            return false;
        }
        final boolean local = socket.peer() != null || socket.awaitingAccept() || isWaiting(socket);
        return local && !own.mayConnect(server(socket), socket.remoteAddress(), Protocol.TCP, socket.remotePort());
    }

    private static boolean isClient(GuestSocket socket) {
        return socket.flowHeld() && !socket.is(State.FAILED);
    }

    /** @return the guest of this host that a client means, or null */
    private GuestNode server(GuestSocket client) {
        return nodes.find(client.space().node(), client.remoteAddress());
    }

    private static boolean isWaiting(GuestSocket socket) {
        return socket.connectWaits() && isConnecting(socket);
    }

    private static boolean isConnecting(GuestSocket socket) {
        return socket.role() == GuestSocket.Role.CONNECTING;
    }

    private void cut(GuestSocket client) {
        final GuestNode server = server(client);
        if (client.awaitingAccept() && server != null) {
            server.ports()
                    .listeners(client.remotePort(), PortSpace.family(client.remoteAddress()))
                    .forEach(listener -> acceptStage.withdraw(client, listener));
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
