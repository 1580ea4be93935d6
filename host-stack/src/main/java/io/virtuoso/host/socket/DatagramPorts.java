package io.virtuoso.host.socket;

import io.virtuoso.host.net.Ipv6Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.agrona.collections.Int2IntHashMap;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * The UDP ports of one guest: which sockets are bound where, and which of them receives. Stack thread only.
 *
 * <p>A guest has one address in each family, so a port and {@link GuestSocket#families} stand for (address, port).
 */
public final class DatagramPorts {
    private static final int BOUND = 4;
    private static final int CONNECTED = 8;

    private final Int2ObjectHashMap<List<GuestSocket>> bound = new Int2ObjectHashMap<>();
    /** Those of them that are of the ephemeral range. */
    private final EphemeralPorts ephemeral = new EphemeralPorts();
    /** By which port on the uplink a port is known, while it is bound. */
    private final Int2IntHashMap outside = new Int2IntHashMap(0);

    /** Who would receive a datagram as well as who was found; kept for the next one, empty in between. */
    private final List<GuestSocket> alike = new ArrayList<>();

    private final RandomGenerator random;

    /** @param random chooses ephemeral ports: they must be hard to guess (RFC 6056) */
    public DatagramPorts(RandomGenerator random) {
        this.random = random;
    }

    /**
     * Binds to a port, which sockets share if all of them have SO_REUSEADDR, or all have SO_REUSEPORT.
     *
     * @param port 1 to 65535
     * @return false if the port is taken (EADDRINUSE)
     */
    public boolean bind(GuestSocket socket, int port) {
        final List<GuestSocket> sockets = bound.get(port);
        if (sockets == null) {
            final List<GuestSocket> first = new ArrayList<>(1);
            first.add(socket);
            bound.put(port, first);
            ephemeral.add(port);
            return true;
        }
        for (int i = 0; i < sockets.size(); i++) {
            final GuestSocket other = sockets.get(i);
            final boolean clash = (socket.families() & other.families()) != 0;
            if (clash && !mayShare(socket.datagram(), other.datagram())) {
                return false;
            }
        }
        sockets.add(socket);
        return true;
    }

    private static boolean mayShare(DatagramState one, DatagramState other) {
        return one.reuseAddress() && other.reuseAddress() || one.reusePort() && other.reusePort();
    }

    /**
     * Binds to a port of the ephemeral range that nobody uses.
     *
     * @return the port, or 0 if there is none
     */
    public int bindEphemeral(GuestSocket socket) {
        final int from = EphemeralPorts.FIRST + random.nextInt(EphemeralPorts.COUNT);
        final int port = EphemeralPorts.free(from, ephemeral, ephemeral);
        if (port != 0) {
            bind(socket, port);
        }
        return port;
    }

    /** Ends a {@link #bind}. */
    public void unbind(GuestSocket socket, int port) {
        final List<GuestSocket> sockets = bound.get(port);
        sockets.remove(socket);
        if (sockets.isEmpty()) {
            bound.remove(port);
            ephemeral.remove(port);
            outside.remove(port);
        }
    }

    /** @return by which port of the uplink's address a bound port is known; 0: none so far */
    public int outsidePort(int port) {
        return outside.get(port);
    }

    /** @return how many bound ports are known by ports of the uplink's address */
    public int outsidePorts() {
        return outside.size();
    }

    /** Makes a bound port known by a port of the uplink's address, until nobody has bound it any more. */
    public void outsidePort(int port, int onUplink) {
        outside.put(port, onUplink);
    }

    /** The port of the uplink's address is no longer this port's. */
    public void forgetOutsidePort(int port) {
        outside.remove(port);
    }

    /** @return ports that are bound */
    public int held() {
        return bound.size();
    }

    /** Puts one socket into the place of another, whose port it has. */
    void replace(GuestSocket socket, GuestSocket heir) {
        final List<GuestSocket> sockets = bound.get(socket.localPort());
        sockets.set(sockets.indexOf(socket), heir);
    }

    /**
     * Finds who receives a datagram, as Linux does: a socket connected to its source, else one bound to the address that it
     * was sent to, else one bound to any; for IPv4 rather a socket of IPv4 alone than one of both families. Of several
     * alike, those with SO_REUSEPORT share, always the same for a source; else the one bound last receives.
     *
     * @param byLoopback it was sent to 127.x or ::1, where who is bound to the guest's own address does not receive
     * @return null if nobody does
     */
    public GuestSocket find(int port, int remoteAddress, int remotePort, boolean byLoopback) {
        final List<GuestSocket> sockets = bound.get(port);
        if (sockets == null) {
            return null;
        }
        GuestSocket found = null;
        int best = 0;
        for (int i = sockets.size() - 1; i >= 0; i--) {
            final GuestSocket socket = sockets.get(i);
            final int fit = fit(socket, remoteAddress, remotePort, byLoopback);
            if (fit > best) {
                best = fit;
                found = socket;
                alike.clear();
            }
            if (fit == best && fit > 0 && socket.datagram().reusePort()) {
                alike.add(socket);
            }
        }
        if (alike.size() > 1 && best < CONNECTED && found.datagram().reusePort()) {
            final int hash = (remoteAddress * 31 + remotePort) * 0x9e37_79b9;
            found = alike.get(Integer.remainderUnsigned(hash, alike.size()));
        }
        alike.clear();
        return found;
    }

    /** @return how well a datagram from there fits a socket; 0: not at all */
    private static int fit(GuestSocket socket, int remoteAddress, int remotePort, boolean byLoopback) {
        final int family = PortSpace.family(remoteAddress);
        final boolean any = isAny(socket.datagram().boundAddress());
        if ((socket.families() & family) == 0 || byLoopback && !any) {
            return 0;
        }
        final int fit = family == PortSpace.IPV4 && socket.families() == family ? 2 : 1;
        if (socket.datagram().connected()) {
            return DatagramState.accepts(socket, remoteAddress, remotePort) ? CONNECTED + fit : 0;
        }
        return any ? fit : BOUND + fit;
    }

    static boolean isAny(int address) {
        return address == 0 || address == Ipv6Numbers.ANY;
    }
}
