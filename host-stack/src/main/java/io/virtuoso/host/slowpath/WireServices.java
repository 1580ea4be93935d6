package io.virtuoso.host.slowpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.net.RouteTable;
import io.virtuoso.host.net.RouteTable6;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.tunnel.Underlay;
import io.virtuoso.host.vswitch.VirtualSwitch;
import io.virtuoso.protocol.Errno;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.agrona.concurrent.NanoClock;

/**
 * The wire services of all virtual networks, and the uplink's; a network without a port has none of its own. Stack thread
 * only.
 */
public final class WireServices implements WireService {
    private final List<TcpWireService> services;
    private final Map<String, TcpWireService> byNetwork = new HashMap<>();
    private final Map<String, RouteTable> routes = new HashMap<>();
    private final Map<String, RouteTable6> routes6 = new HashMap<>();
    private final TcpWireService uplink;
    private final WireSockets sockets;
    private Underlays underlays = new Underlays(List.of(), () -> 0);
    private Switches switches = new Switches(List.of(), () -> 0);

    /**
     * Without an uplink.
     *
     * @param services at most one for each network
     */
    public WireServices(List<TcpWireService> services, WireSockets sockets) {
        this(services, null, List.of(), sockets);
    }

    /**
     * @param ofNetworks at most one for each network
     * @param uplink     what they share, or null
     * @param networks   all, those without a port, too
     */
    public WireServices(
            List<TcpWireService> ofNetworks, TcpWireService uplink, List<NetworkConfig> networks, WireSockets sockets) {
        final List<TcpWireService> all = new ArrayList<>(ofNetworks);
        ofNetworks.forEach(service -> byNetwork.put(service.network().name(), service));
        if (uplink != null) {
            all.add(uplink);
            networks.forEach(this::learnRoutes);
        }
        this.services = List.copyOf(all);
        this.uplink = uplink;
        this.sockets = sockets;
    }

    private void learnRoutes(NetworkConfig network) {
        routes.put(network.name(), TcpWireService.routes(network));
        routes6.put(network.name(), TcpWireService.routes6(network));
    }

    /** Says which underlays tunnels of the networks go over; there are none before. @return this */
    public WireServices over(List<Underlay> tunnelled, NanoClock clock, Ledger ledger) {
        tunnelled.forEach(underlay -> underlay.ledger(ledger));
        underlays = new Underlays(tunnelled, clock);
        return this;
    }

    /** Says which networks' ports are switches of virtual machines; there are none before. @return this */
    public WireServices with(List<VirtualSwitch> machines, NanoClock clock) {
        switches = new Switches(machines, clock);
        return this;
    }

    /** @return what brings a guest's packets to an address; null: nothing does */
    private TcpWireService towards(GuestNode node, int address) {
        final NetworkConfig network = node.guest().network();
        final boolean leaves = uplink != null
                && (Ipv6Numbers.isIpv6(address)
                        ? leaves6(network, node.numbers(), address)
                        : !network.subnet().contains(address)
                                && routes.get(network.name()).nextHop(address) == RouteTable.UPLINK);
        return leaves ? uplink : byNetwork.get(network.name());
    }

    private boolean leaves6(NetworkConfig network, Ipv6Numbers numbers, int address) {
        final long high = numbers.high(address);
        final long low = numbers.low(address);
        if (network.subnet6().isEmpty() || network.subnet6().get().contains(high, low)) {
            return false;
        }
        final RouteTable6.Route route = routes6.get(network.name()).find(high, low);
        return route != null && route.isByUplink();
    }

    /** @return descriptors that become readable when packets arrive */
    public List<Integer> fds() {
        return IntStream.concat(underlays.fds(), services.stream().mapToInt(TcpWireService::fd))
                .filter(fd -> fd >= 0)
                .boxed()
                .toList();
    }

    @Override
    public void addNode(GuestNode node) {
        services.forEach(service -> service.addNode(node));
    }

    @Override
    public void removeNode(GuestNode node) {
        services.forEach(service -> service.removeNode(node));
    }

    @Override
    public void change(HostConfig config) {
        if (uplink != null) {
            config.networks().forEach(this::learnRoutes);
        }
        services.forEach(service -> service.change(config));
    }

    @Override
    public int cutForbidden(Predicate<GuestSocket> connect) {
        return services.stream()
                .mapToInt(service -> service.cutForbidden(connect))
                .sum();
    }

    @Override
    public int connections(Predicate<GuestNode> guests) {
        return services.stream()
                .mapToInt(service -> service.connections(guests))
                .sum();
    }

    @Override
    public boolean connect(GuestSocket socket) {
        final TcpWireService service = towards(socket.space().node(), socket.remoteAddress());
        if (service != null) {
            return service.connect(socket);
        }
        sockets.refuse(socket, Errno.ENETUNREACH);
        return true;
    }

    @Override
    public boolean sendDatagram(GuestSocket from, int address, int port, long cursor, int length) {
        final TcpWireService service = towards(from.space().node(), address);
        return service != null && service.sendDatagram(from, address, port, cursor, length);
    }

    @Override
    public int poll(int limit) {
        int work = underlays.poll(limit) + switches.poll(limit);
        for (int i = 0; i < services.size(); i++) {
            work += services.get(i).poll(limit);
        }
        return work;
    }

    @Override
    public boolean fallAsleep() {
        boolean asleep = underlays.fallAsleep();
        for (int i = 0; i < services.size() && asleep; i++) {
            asleep = services.get(i).fallAsleep();
        }
        return asleep;
    }

    @Override
    public void wokeUp() {
        underlays.wokeUp();
        for (int i = 0; i < services.size(); i++) {
            services.get(i).wokeUp();
        }
    }

    @Override
    public int onTimers() {
        underlays.onTimers();
        int work = 0;
        for (int i = 0; i < services.size(); i++) {
            work += services.get(i).onTimers();
        }
        return work;
    }

    @Override
    public void flush() {
        for (int i = 0; i < services.size(); i++) {
            services.get(i).flush();
        }
        underlays.flush();
    }

    @Override
    public long nextDeadlineNs() {
        long deadline = Math.min(underlays.nextDeadlineNs(), switches.nextDeadlineNs());
        for (int i = 0; i < services.size(); i++) {
            deadline = Math.min(deadline, services.get(i).nextDeadlineNs());
        }
        return deadline;
    }

    @Override
    public void capture(CaptureTap tap) {
        services.forEach(service -> service.capture(tap));
    }

    @Override
    public void counters(ObjLongConsumer<String> sink) {
        services.forEach(service -> service.counters(sink));
        underlays.counters(sink);
        switches.counters(sink);
    }

    @Override
    public void close() {
        services.forEach(TcpWireService::close);
        underlays.close();
    }
}
