package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.protocol.Errno;
import java.util.List;
import java.util.function.ObjLongConsumer;

/** The wire services of all virtual networks; a network without a port has none. Stack thread only. */
public final class WireServices implements WireService {
    private final List<TcpWireService> services;
    private final WireSockets sockets;

    /** @param services at most one for each network */
    public WireServices(List<TcpWireService> services, WireSockets sockets) {
        this.services = List.copyOf(services);
        this.sockets = sockets;
    }

    /** @return descriptors that become readable when packets arrive */
    public List<Integer> fds() {
        return services.stream().map(TcpWireService::fd).toList();
    }

    @Override
    public void addNode(GuestNode node) {
        services.forEach(service -> service.addNode(node));
    }

    @Override
    public boolean connect(GuestSocket socket) {
        final String network = socket.space().node().guest().network().name();
        for (int i = 0; i < services.size(); i++) {
            if (services.get(i).network().name().equals(network)) {
                return services.get(i).connect(socket);
            }
        }
        sockets.refuse(socket, Errno.ENETUNREACH);
        return true;
    }

    @Override
    public boolean sendDatagram(GuestSocket from, int address, int port, long cursor, int length) {
        final String network = from.space().node().guest().network().name();
        for (int i = 0; i < services.size(); i++) {
            if (services.get(i).network().name().equals(network)) {
                return services.get(i).sendDatagram(from, address, port, cursor, length);
            }
        }
        return false;
    }

    @Override
    public int poll(int limit) {
        int work = 0;
        for (int i = 0; i < services.size(); i++) {
            work += services.get(i).poll(limit);
        }
        return work;
    }

    @Override
    public void wokeUp() {
        for (int i = 0; i < services.size(); i++) {
            services.get(i).wokeUp();
        }
    }

    @Override
    public int onTimers() {
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
    }

    @Override
    public long nextDeadlineNs() {
        long deadline = Long.MAX_VALUE;
        for (int i = 0; i < services.size(); i++) {
            deadline = Math.min(deadline, services.get(i).nextDeadlineNs());
        }
        return deadline;
    }

    @Override
    public void counters(ObjLongConsumer<String> sink) {
        services.forEach(service -> service.counters(sink));
    }

    @Override
    public void close() {
        services.forEach(TcpWireService::close);
    }
}
