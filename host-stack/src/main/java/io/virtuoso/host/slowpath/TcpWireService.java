package io.virtuoso.host.slowpath;

import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.config.ReachConfig;
import io.virtuoso.host.config.Uplink6Config;
import io.virtuoso.host.config.UplinkConfig;
import io.virtuoso.host.net.DatagramWriter;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.ListenerLookup;
import io.virtuoso.host.net.NetworkSettings;
import io.virtuoso.host.net.RouteTable;
import io.virtuoso.host.net.RouteTable6;
import io.virtuoso.host.net.StackCounter;
import io.virtuoso.host.net.WireConnection;
import io.virtuoso.host.net.WireListener;
import io.virtuoso.host.net.WirePath;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.HairpinPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ListenerMember;
import io.virtuoso.host.socket.SocketOptions;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.tcp.TcpState;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.Option;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;

/** The guests of one virtual network on its port, or those of all networks on the uplink. Stack thread only. */
public final class TcpWireService implements WireService, ListenerLookup {
    private static final long QUIET_LOOK_NS = 10_000;
    private static final Ipv6 NOWHERE = new Ipv6(0, 0);

    private final WirePath path;
    private final SlowPath.WireParts parts;
    private final NetworkConfig network;
    private final WireNames names;
    private final NetworkSettings settings;
    private final ArrayDeque<WireStream> committed = new ArrayDeque<>(64);
    private final ArrayDeque<WireConnection> aborts = new ArrayDeque<>(4);
    /** Null on a network's own port, where guests reach each other without a port. */
    private HairpinPort hairpins;

    private final Admission admission = new Admission();
    private boolean quiet;
    private long lastLookNs;

    /** Makes a network's own; guests' addresses are added as they become known. */
    public TcpWireService(Port port, NetworkConfig network, SlowPath.WireParts parts) {
        this(port, network, settings(network), new NetworkNames(network, parts.nodes()), parts);
    }

    /** Makes the uplink's. */
    public TcpWireService(Port port, UplinkConfig uplink, PublishedPorts published, SlowPath.WireParts parts) {
        this(new HairpinPort(port), uplink, published, parts);
    }

    private TcpWireService(HairpinPort port, UplinkConfig uplink, PublishedPorts published, SlowPath.WireParts parts) {
        this(
                port,
                uplink.network(),
                UplinkNames.settings(uplink),
                new UplinkNames(uplink, published, parts.nodes(), new SecureRandom()),
                parts);
        path.addAddress(uplink.address());
        uplink.ipv6()
                .map(Uplink6Config::address)
                .ifPresent(own -> path.addAddress(parts.nodes().numbers().takeForEver(own.high(), own.low())));
        path.hairpins(port);
        hairpins = port;
    }

    private TcpWireService(
            Port port, NetworkConfig network, NetworkSettings settings, WireNames names, SlowPath.WireParts parts) {
        this.parts = parts;
        this.network = network;
        this.names = names;
        this.settings = settings;
        final TcpConfig config = TcpConfig.DEFAULTS
                .withReceiveBytes(WireStream.INITIAL_RECEIVE_BYTES, TcpConfig.DEFAULTS.maxReceiveBytes())
                .withCongestion(network.congestion())
                .withEcn(network.ecn())
                .withPacing(network.pacing());
        this.path = new WirePath(
                port,
                settings,
                network.vni(),
                config,
                this,
                parts.nodes().numbers(),
                new SecureRandom(),
                parts.ledger());
        this.path.datagrams(new WireDatagrams(names, parts.datagrams(), parts.ledger()));
        this.path.policy(new WirePolicy(names, parts.nodes(), parts.ledger()));
    }

    private static NetworkSettings settings(NetworkConfig network) {
        return new NetworkSettings(
                network.subnet().address(),
                network.subnet().prefixLength(),
                routes(network),
                network.subnet6()
                        .map(subnet -> {
                            final Ipv6 address = subnet.address();
                            return new NetworkSettings.Ipv6(
                                    address.high(), address.low(), subnet.prefixLength(), routes6(network));
                        })
                        .orElse(null));
    }

    /** @return a network's ways beyond its subnet */
    static RouteTable routes(NetworkConfig network) {
        final ReachConfig reach = network.reach();
        return reach.isByGateway()
                ? RouteTable.toEverything(network.gateway())
                : new RouteTable(reach.routes().stream()
                        .map(route -> new RouteTable.Route(
                                route.address(),
                                route.prefixLength(),
                                route.via().orElse(RouteTable.UPLINK)))
                        .toList());
    }

    /** @return the same of IPv6; nothing where there is none */
    static RouteTable6 routes6(NetworkConfig network) {
        final ReachConfig reach = network.reach();
        if (reach.isByGateway()) {
            final Ipv6 router = network.address6(network.gateway()).orElse(NOWHERE);
            return RouteTable6.toEverything(router.high(), router.low());
        }
        return new RouteTable6(reach.routes6().stream()
                .map(route -> {
                    final Ipv6 via = route.via().orElse(NOWHERE);
                    return new RouteTable6.Route(
                            route.address().high(), route.address().low(), route.prefixLength(), via.high(), via.low());
                })
                .toList());
    }

    /** @return the network that this service connects */
    public NetworkConfig network() {
        return network;
    }

    /** @return descriptor that becomes readable when packets arrive */
    public int fd() {
        return path.fd();
    }

    WireSockets sockets() {
        return parts.sockets();
    }

    long now() {
        return parts.clock().nanoTime();
    }

    int maxReceiveBytes(GuestSocket socket) {
        return Math.min(socket.receiveLimit(), TcpConfig.DEFAULTS.maxReceiveBytes());
    }

    @Override
    public void addNode(GuestNode node) {
        names.addNode(node, path, now());
    }

    @Override
    public void removeNode(GuestNode node) {
        names.removeNode(node, path);
    }

    @Override
    public void change(HostConfig config) {
        config.networks().stream()
                .filter(changed -> changed.name().equals(network.name()))
                .forEach(this::takeRoutes);
        names.published(PublishedPorts.of(config));
    }

    private void takeRoutes(NetworkConfig changed) {
        settings.routes().become(routes(changed));
        if (settings.ipv6() != null) {
            settings.ipv6().routes().become(routes6(changed));
        }
    }

    @Override
    public int cutForbidden(Predicate<GuestSocket> connect) {
        if (!parts.nodes().hasPolicies()) {
            return 0;
        }
        final List<WireConnection> forbidden = new ArrayList<>();
        path.forEachConnection(connection -> {
            if (connection.tcp().state() != TcpState.TIME_WAIT && !mayStay(connection)) {
                forbidden.add(connection);
            }
        });
        return (int) forbidden.stream()
                .filter(connection -> cut(connection, connect))
                .count();
    }

    @Override
    public int connections(Predicate<GuestNode> guests) {
        final int[] count = new int[1];
        path.forEachConnection(connection -> {
            final GuestSocket socket = ((WireStream) connection.owner()).socket();
            final TcpState state = connection.tcp().state();
            if (socket != null
                    && socket.role() == GuestSocket.Role.STREAM
                    && state.isSynchronized()
                    && state != TcpState.TIME_WAIT
                    && guests.test(socket.space().node())) {
                count[0]++;
            }
        });
        return count[0];
    }

    /** @return false if the guest waits as if it had sent no SYN yet */
    private boolean cut(WireConnection connection, Predicate<GuestSocket> connect) {
        final WireStream stream = (WireStream) connection.owner();
        final GuestSocket socket = stream.socket();
        if (socket == null || socket.role() != GuestSocket.Role.CONNECTING) {
            stream.cut();
            return true;
        }
        connection.abort(now());
        socket.transport(null);
        return connect.test(socket);
    }

    private boolean mayStay(WireConnection connection) {
        final int remote = connection.remoteAddress();
        final GuestSocket socket = ((WireStream) connection.owner()).socket();
        if (socket != null) {
            final GuestNode node = socket.space().node();
            return connection.isIncoming()
                    ? node.mayAccept(remote, Protocol.TCP, socket.localPort())
                    : node.mayConnect(null, remote, Protocol.TCP, socket.remotePort());
        }
        final Listener listener = names.listener(connection.localAddress(), connection.localPort());
        return listener == null || listener.node().mayAccept(remote, Protocol.TCP, listener.port());
    }

    @Override
    public boolean connect(GuestSocket socket) {
        final int remote = socket.remoteAddress();
        if (!path.hasRoute(remote)) {
            sockets().refuse(socket, Errno.ENETUNREACH);
            return true;
        }
        final int port = names.connectionPort(socket, path);
        if (port == 0) {
            path.counters().count(StackCounter.PORTS_EXHAUSTED);
            socket.space().node().account().refused();
            sockets().refuse(socket, Errno.EADDRNOTAVAIL);
            return true;
        }
        final WireStream stream = new WireStream(this);
        final int local = names.address(socket.space().node(), remote);
        final WireConnection connection = path.prepare(local, port, remote, socket.remotePort(), stream);
        if (connection == null) {
            return false;
        }
        stream.connection(connection);
        stream.socket(socket);
        names.begun(socket, connection);
        connection.account(socket.space().node().account());
        connection.tcp().setCongestion(socket.space().node().guest().congestion());
        WireOptions.applyBeforeSyn(connection, socket);
        socket.space().node().account().connected();
        path.start(connection, now());
        WireOptions.applyAll(connection, socket.options(), now());
        return true;
    }

    @Override
    public boolean sendDatagram(GuestSocket from, int address, int port, long cursor, int length) {
        if (!path.hasRoute(address)) {
            return false;
        }
        final int own = names.datagramPort(from);
        if (own == 0) {
            return false;
        }
        final DatagramWriter writer = path.datagramWriter();
        from.transmit().copyTo(cursor, length, writer.buffer(), DatagramWriter.payloadAt(address));
        final SocketOptions options = from.options();
        final boolean ipv6 = Ipv6Numbers.isIpv6(address);
        writer.mark((int) options.orZero(ipv6 ? Option.TRAFFIC_CLASS : Option.TOS), (int)
                options.orZero(ipv6 ? Option.HOP_LIMIT : Option.TTL));
        writer.send(names.address(from.space().node(), address), own, address, port, length, now());
        return true;
    }

    @Override
    public WireListener find(int localAddress, int localPort) {
        final Listener listener = names.listener(localAddress, localPort);
        if (listener == null) {
            return null;
        }
        parts.ledger().charge(listener.node().account()); // who it is was not known before, on an uplink
        admission.listener = listener;
        return admission;
    }

    /** The listener of the segment at hand. */
    private final class Admission implements WireListener {
        private Listener listener;

        @Override
        public boolean mayAccept() {
            return !listener.members().isEmpty()
                    && listener.hasRoom()
                    && listener.node().hasRoomForConnection();
        }

        @Override
        public boolean mayRemember() {
            return listener.hasRoomForHandshake();
        }

        @Override
        public int maxSegment() {
            return (int) listener.option(Option.MAXSEG);
        }

        @Override
        public boolean marksAll() {
            CongestionAlgorithm congestion = listener.node().guest().congestion();
            for (ListenerMember member : listener.members()) {
                congestion = WireOptions.congestion(member.socket(), congestion);
            }
            return congestion.needsEcn();
        }

        @Override
        public void mark(OutgoingSegment answer, boolean ipv6) {
            final int service = ipv6 ? Option.TRAFFIC_CLASS : Option.TOS;
            answer.typeOfService = (int) listener.option(service) & ~Ipv4Header.ECN;
            answer.timeToLive = (int) listener.option(ipv6 ? Option.HOP_LIMIT : Option.TTL);
        }

        @Override
        public TcpEvents open(WireConnection connection) {
            final WireStream stream = new WireStream(TcpWireService.this);
            stream.connection(connection);
            stream.opening(listener);
            connection.tcp().setCongestion(listener.node().guest().congestion());
            connection.account(listener.node().account());
            for (ListenerMember member : listener.members()) {
                WireOptions.applyBeforeSyn(connection, member.socket());
            }
            return stream;
        }
    }

    /** The handshake of a connection from outside is done. @return false if nobody can accept it any more */
    boolean openAccepted(WireStream stream, WireConnection connection) {
        final Listener listener = names.listener(connection.localAddress(), connection.localPort());
        final GuestSocket socket = listener == null || !listener.node().hasRoomForConnection()
                ? null
                : sockets().open(listener, connection.remoteAddress(), connection.remotePort());
        if (socket == null) {
            return false;
        }
        stream.socket(socket);
        listener.node().account().accepted();
        WireOptions.applyAll(connection, socket.options(), now());
        return true;
    }

    /** Tells the guest that a connection is established. */
    void announce(WireStream stream) {
        final GuestSocket socket = stream.socket();
        if (!sockets().pushIfAccepted(socket)) {
            socket.space().ready(socket, Event.READY_STATE | Event.READY_WRITE);
        }
    }

    /** A connection that nobody can accept is reset once TCP has returned. */
    void abortLater(WireConnection connection) {
        aborts.add(connection);
    }

    /** A guest writes faster than one turn allows. */
    void lookAgain(WireStream stream) {
        stream.socket().space().node().turn().again(stream.socket());
    }

    /** Data has been shown to the guest, which is to be told after the burst. */
    void committed(WireStream stream) {
        committed.add(stream);
    }

    @Override
    public int poll(int limit) {
        final int work = pollPort(limit);
        WireConnection doomed;
        while ((doomed = aborts.poll()) != null) {
            doomed.abort(now());
        }
        return work;
    }

    private void charge(WireStream stream) {
        parts.ledger().charge(stream.socket().space().node().account());
    }

    /** A quiet port is looked at only now and then while guests keep the stack busy: each look is a system call. */
    private int pollPort(int limit) {
        final long now = now();
        if (quiet && now - lastLookNs < QUIET_LOOK_NS) {
            return 0;
        }
        lastLookNs = now;
        final int packets = path.poll(now, limit);
        quiet = packets == 0;
        return packets;
    }

    @Override
    public boolean fallAsleep() {
        return path.fallAsleep();
    }

    @Override
    public void wokeUp() {
        quiet = false;
        path.wokeUp();
    }

    @Override
    public int onTimers() {
        return path.nextDeadlineNs() - now() <= 0 ? path.onTimers(now()) : 0;
    }

    @Override
    public void flush() {
        WireStream stream;
        while ((stream = committed.poll()) != null) {
            charge(stream);
            stream.notifyCommitted();
        }
        path.flush();
    }

    @Override
    public long nextDeadlineNs() {
        return hairpins != null && hairpins.hasFrames() ? now() : path.nextDeadlineNs();
    }

    @Override
    public void capture(CaptureTap tap) {
        path.capture(tap, network.name());
    }

    @Override
    public void counters(ObjLongConsumer<String> sink) {
        for (StackCounter counter : StackCounter.values()) {
            sink.accept(
                    counter.name().toLowerCase(java.util.Locale.ROOT),
                    path.counters().get(counter));
        }
        sink.accept("drop.port_missed", path.missed());
        for (DropReason reason : DropReason.values()) {
            sink.accept(
                    "drop." + reason.name().toLowerCase(java.util.Locale.ROOT),
                    path.counters().dropped(reason));
        }
    }

    @Override
    public void close() {
        path.close();
    }
}
