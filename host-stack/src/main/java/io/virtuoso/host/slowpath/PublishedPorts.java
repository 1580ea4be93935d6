package io.virtuoso.host.slowpath;

import io.virtuoso.host.config.GuestConfig;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.config.PublishConfig;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.socket.GuestNode;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.collections.Int2ObjectHashMap;

/** Which ports of the uplink's address are which guests'. Immutable. */
public final class PublishedPorts {
    private static final int DATAGRAMS = 1 << Character.SIZE;

    private final Int2ObjectHashMap<Publication> byPort = new Int2ObjectHashMap<>();

    /** One port: its guest, which may not be known yet. */
    record Publication(NetworkConfig network, String guest, int guestAddress, PublishConfig ports) {
        /** @return the guest, or null if it is not known */
        GuestNode node(NodeTable nodes) {
            return nodes.find(network, guestAddress);
        }
    }

    private PublishedPorts() {}

    /** @return those that the guests of a configuration ask for */
    public static PublishedPorts of(HostConfig config) {
        final Map<String, NetworkConfig> networks = new HashMap<>();
        config.networks().forEach(network -> networks.put(network.name(), network));
        final PublishedPorts published = new PublishedPorts();
        for (GuestConfig guest : config.guests()) {
            final NetworkConfig network = networks.get(guest.network());
            for (PublishConfig ports : guest.published()) {
                published.byPort.put(
                        key(ports.port(), ports.datagrams()),
                        new Publication(network, guest.name(), guest.address(), ports));
            }
        }
        return published;
    }

    private static int key(int port, boolean datagrams) {
        return datagrams ? port | DATAGRAMS : port;
    }

    /** @return whose a port is; null: nobody's */
    Publication find(int port, boolean datagrams) {
        return byPort.get(key(port, datagrams));
    }

    /** Calls for each UDP port. */
    void forEachDatagramPort(Consumer<Publication> consumer) {
        byPort.values().stream()
                .filter(publication -> publication.ports().datagrams())
                .forEach(consumer);
    }

    /** @return the UDP port by which a guest's own is known; 0: it is not published */
    int datagramPort(Guest guest, int guestPort) {
        for (Publication publication : byPort.values()) {
            final PublishConfig ports = publication.ports();
            if (ports.datagrams()
                    && ports.guestPort() == guestPort
                    && publication.guest().equals(guest.name())) {
                return ports.port();
            }
        }
        return 0;
    }
}
