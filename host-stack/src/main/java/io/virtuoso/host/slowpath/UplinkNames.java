package io.virtuoso.host.slowpath;

import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.config.Uplink6Config;
import io.virtuoso.host.config.UplinkConfig;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.NetworkSettings;
import io.virtuoso.host.net.RouteTable;
import io.virtuoso.host.net.WireConnection;
import io.virtuoso.host.net.WirePath;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.PortSpace;
import java.util.random.RandomGenerator;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * Names on the uplink: one address of each family for all guests of all networks, whose ports are given out here (RFC 4787, RFC 5382;
 * docs/adr/0015). Stack thread only.
 *
 * <p>A connection keeps its guest's port if it can. A port is in use towards a peer as long as a connection is, TIME_WAIT
 * included, so the table of connections says what is free. Towards each peer a guest may have as many as are left for all
 * others ({@link PortShares}). A UDP port of a guest has one port here towards everybody, for
 * as long as a socket is bound to it, and whoever writes to that reaches it. Of these, too, a guest may have as many as are
 * left for all others (RFC 6888 REQ-4), so that none can take them all.
 */
final class UplinkNames implements WireNames {
    private final int address;
    private final int address6;
    private final NodeTable nodes;
    private final UplinkPorts ports;
    private final PortShares shares = new PortShares();
    private final Int2ObjectHashMap<Mapping> mappings = new Int2ObjectHashMap<>();
    private PublishedPorts published;

    /** Whose a UDP port is that was given out here. */
    private record Mapping(GuestNode node, int guestPort) {
        boolean isStale(int port) {
            return node.datagramPorts().outsidePort(guestPort) != port;
        }
    }

    /** @param random chooses ports: they must be hard to guess (RFC 6056) */
    UplinkNames(UplinkConfig uplink, PublishedPorts published, NodeTable nodes, RandomGenerator random) {
        this.address = uplink.address();
        this.address6 = uplink.ipv6()
                .map(Uplink6Config::address)
                .map(own -> nodes.numbers().takeForEver(own.high(), own.low()))
                .orElse(Ipv6Numbers.NONE);
        this.published = published;
        this.nodes = nodes;
        this.ports = new UplinkPorts(random);
    }

    /**
     * {@inheritDoc} Connections keep the ports that they have. UDP ports that were, or are, published or are now another's
     * are given out anew with the next datagram.
     */
    @Override
    public void published(PublishedPorts ports) {
        published.forEachDatagramPort(this::forget);
        ports.forEachDatagramPort(this::forget);
        published = ports;
    }

    private void forget(PublishedPorts.Publication publication) {
        final Mapping mapping = mappings.remove(publication.ports().port());
        if (mapping != null && !mapping.isStale(publication.ports().port())) {
            mapping.node.datagramPorts().forgetOutsidePort(mapping.guestPort);
        }
        final GuestNode node = publication.node(nodes);
        if (node != null) {
            node.datagramPorts().forgetOutsidePort(publication.ports().guestPort());
        }
    }

    @Override
    public void addNode(GuestNode node, WirePath path, long now) {} // no guest's address is known here

    @Override
    public void removeNode(GuestNode node, WirePath path) {} // its ports go with its sockets

    @Override
    public GuestNode node(int localAddress) {
        return null;
    }

    /** @return where the uplink's packets go */
    static NetworkSettings settings(UplinkConfig uplink) {
        final NetworkConfig network = uplink.network();
        final NetworkSettings.Ipv6 ipv6 = network.subnet6()
                .map(subnet -> {
                    final Ipv6 gateway =
                            uplink.ipv6().flatMap(Uplink6Config::gateway).orElse(new Ipv6(0, 0));
                    return new NetworkSettings.Ipv6(
                            subnet.address().high(),
                            subnet.address().low(),
                            subnet.prefixLength(),
                            gateway.high(),
                            gateway.low());
                })
                .orElse(null);
        return new NetworkSettings(
                network.subnet().address(),
                network.subnet().prefixLength(),
                uplink.gateway().orElse(RouteTable.NO_ROUTE),
                ipv6);
    }

    @Override
    public Listener listener(int localAddress, int port) {
        final PublishedPorts.Publication publication = published.find(port, false);
        final GuestNode node = publication == null ? null : publication.node(nodes);
        return node == null
                ? null
                : node.ports().listener(publication.ports().guestPort(), PortSpace.family(localAddress));
    }

    @Override
    public GuestSocket receiver(int localAddress, int port, int remoteAddress, int remotePort) {
        final PublishedPorts.Publication publication = published.find(port, true);
        if (publication != null) {
            final GuestNode node = publication.node(nodes);
            final int guestPort = publication.ports().guestPort();
            return node == null ? null : node.datagramPorts().find(guestPort, remoteAddress, remotePort, false);
        }
        final Mapping mapping = mappings.get(port);
        if (mapping == null || mapping.isStale(port)) {
            return null;
        }
        return mapping.node.datagramPorts().find(mapping.guestPort, remoteAddress, remotePort, false);
    }

    @Override
    public int address(GuestNode node, int remoteAddress) {
        return Ipv6Numbers.isIpv6(remoteAddress) ? address6 : address;
    }

    @Override
    public int connectionPort(GuestSocket socket, WirePath path) {
        final int remoteAddress = socket.remoteAddress();
        final int remotePort = socket.remotePort();
        final GuestNode node = socket.space().node();
        final int own = address(node, remoteAddress);
        return !shares.mayHaveMore(node, remoteAddress, remotePort)
                ? 0
                : ports.choose(
                        socket.localPort(),
                        port -> published.find(port, false) == null
                                && path.isFree(own, port, remoteAddress, remotePort));
    }

    @Override
    public void begun(GuestSocket socket, WireConnection connection) {
        connection.whenFree(shares.take(socket.space().node(), connection.remoteAddress(), connection.remotePort()));
    }

    @Override
    public int datagramPort(GuestSocket socket) {
        return datagramPort(socket.space().node(), socket.localPort());
    }

    /** @return 0 if there is none */
    int datagramPort(GuestNode node, int guestPort) {
        final int known = node.datagramPorts().outsidePort(guestPort);
        return known != 0 ? known : newDatagramPort(node, guestPort);
    }

    private int newDatagramPort(GuestNode node, int guestPort) {
        int port = published.datagramPort(node.guest(), guestPort);
        if (port == 0) {
            port = mayHaveMore(node) ? ports.choose(0, this::isDatagramPortFree) : 0;
            if (port == 0) {
                return 0;
            }
            mappings.put(port, new Mapping(node, guestPort));
        }
        node.datagramPorts().outsidePort(guestPort, port);
        return port;
    }

    private boolean mayHaveMore(GuestNode node) {
        return node.datagramPorts().outsidePorts() < UplinkPorts.COUNT - nodes.outsidePorts();
    }

    private boolean isDatagramPortFree(int port) {
        final Mapping mapping = mappings.get(port);
        return (mapping == null || mapping.isStale(port)) && published.find(port, true) == null;
    }
}
