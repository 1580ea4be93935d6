package io.virtuoso.host.socket;

import io.virtuoso.host.net.Ipv6Numbers;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongHashSet;

/**
 * The TCP ports of one guest: who is bound where, who listens, and which four-tuples are in use. Stack thread only.
 *
 * <p>A guest has one address of each family, so a family and a port stand for (address, port). A socket may be bound to
 * a port in both families.
 */
public final class PortSpace {
    /** Ports in use towards a peer, one behind the other, after which all of them are noted. */
    static final int PATIENCE = 256;

    private static final int LAST_PORT = 0xffff;
    /** Family of IPv4 addresses; {@link #IPV4} and {@link #IPV6} may be or-ed. */
    public static final int IPV4 = 1;
    /** Family of IPv6 addresses. */
    public static final int IPV6 = 2;
    /** A socket that takes both. */
    public static final int BOTH = IPV4 | IPV6;

    private final Int2ObjectHashMap<Binding> bindings = new Int2ObjectHashMap<>();
    private final LongHashSet flows = new LongHashSet();
    private final EphemeralPorts bound4 = new EphemeralPorts();
    private final EphemeralPorts bound6 = new EphemeralPorts();
    /** Ports in use towards peers to which there are many connections. */
    private final Long2ObjectHashMap<EphemeralPorts> crowded = new Long2ObjectHashMap<>();

    private int nextEphemeral = EphemeralPorts.FIRST;

    private static final class Binding {
        private final List<Listener> listeners = new ArrayList<>(1);
        private int exclusive;
        private int reuseAddress;
        private int reusePort;
        private int turn;
    }

    /** How a socket shares its port. */
    public enum Sharing {
        /** With nobody. */
        NONE,
        /** SO_REUSEADDR: with others that do not listen. */
        REUSE_ADDRESS,
        /** SO_REUSEPORT: with others of the same wish, also while listening. */
        REUSE_PORT
    }

    /** @return the family of an address, see {@link Ipv6Numbers} */
    public static int family(int address) {
        return Ipv6Numbers.isIpv6(address) ? IPV6 : IPV4;
    }

    private static int key(int port, int family) {
        return family << Character.SIZE | port;
    }

    /**
     * Binds to a port.
     *
     * @param port 1 to 65535
     * @param families IPV4, IPV6 or BOTH
     * @return false if the port is taken in one of them (EADDRINUSE)
     */
    public boolean bind(int port, Sharing sharing, int families) {
        if ((families & IPV4) != 0 && !bind(key(port, IPV4), sharing)) {
            return false;
        }
        if ((families & IPV6) != 0 && !bind(key(port, IPV6), sharing)) {
            if ((families & IPV4) != 0) {
                unbind(key(port, IPV4), sharing);
            }
            return false;
        }
        return true;
    }

    private boolean bind(int key, Sharing sharing) {
        final Binding binding = binding(key);
        final boolean free = binding.exclusive + binding.reuseAddress + binding.reusePort == 0;
        final boolean allowed = switch (sharing) {
            case NONE -> free;
            case REUSE_ADDRESS -> binding.exclusive + binding.reusePort == 0 && binding.listeners.isEmpty();
            case REUSE_PORT -> binding.exclusive + binding.reuseAddress == 0;
        };
        if (allowed) {
            count(binding, sharing, 1);
        } else {
            forgetIfUnused(key, binding);
        }
        return allowed;
    }

    private Binding binding(int key) {
        final Binding known = bindings.get(key);
        if (known != null) {
            return known;
        }
        final Binding binding = new Binding();
        bindings.put(key, binding);
        bound(key >>> Character.SIZE).add(key & LAST_PORT);
        return binding;
    }

    private EphemeralPorts bound(int family) {
        return family == IPV4 ? bound4 : bound6;
    }

    /**
     * Binds to a free port of the ephemeral range.
     *
     * @return the port, or 0 if none is free
     */
    public int bindEphemeral(Sharing sharing, int families) {
        final EphemeralPorts one = (families & IPV4) != 0 ? bound4 : bound6;
        final EphemeralPorts other = (families & IPV6) != 0 ? bound6 : bound4;
        final int port = EphemeralPorts.free(nextEphemeral, one, other);
        if (port == 0 || !bind(port, sharing, families)) {
            return 0;
        }
        nextEphemeral = EphemeralPorts.after(port);
        return port;
    }

    /** Ends a {@link #bind}. */
    public void unbind(int port, Sharing sharing, int families) {
        if ((families & IPV4) != 0) {
            unbind(key(port, IPV4), sharing);
        }
        if ((families & IPV6) != 0) {
            unbind(key(port, IPV6), sharing);
        }
    }

    private void unbind(int key, Sharing sharing) {
        final Binding binding = bindings.get(key);
        count(binding, sharing, -1);
        forgetIfUnused(key, binding);
    }

    /**
     * Makes a listener reachable.
     *
     * @return false if somebody listens there already (EADDRINUSE)
     */
    public boolean listen(Listener listener) {
        final int families = listener.families();
        if (!admits(listener, families & IPV4) || !admits(listener, families & IPV6)) {
            return false;
        }
        for (int family = IPV4; family <= IPV6; family++) {
            if ((families & family) != 0) {
                binding(key(listener.port(), family)).listeners.add(listener);
            }
        }
        return true;
    }

    private boolean admits(Listener listener, int family) {
        final Binding binding = bindings.get(key(listener.port(), family));
        for (Listener other : binding == null ? List.<Listener>of() : binding.listeners) {
            if (!other.reusePort() || !listener.reusePort()) {
                return false;
            }
        }
        return true;
    }

    /** @return true between {@link #listen} and {@link #unlisten} */
    public boolean isListening(Listener listener) {
        final int family = (listener.families() & IPV4) != 0 ? IPV4 : IPV6;
        final Binding binding = bindings.get(key(listener.port(), family));
        return binding != null && binding.listeners.contains(listener);
    }

    /** Ends a {@link #listen}. */
    public void unlisten(Listener listener) {
        for (int family = IPV4; family <= IPV6; family++) {
            final int key = key(listener.port(), family);
            final Binding binding = bindings.get(key);
            if (binding != null && binding.listeners.remove(listener)) {
                forgetIfUnused(key, binding);
            }
        }
    }

    /**
     * Finds who takes a new connection. Listeners that share a port take turns; one that is ready to accept is
     * preferred.
     *
     * @param family of the address that the peer connects to
     * @return null if nobody listens there
     */
    public Listener listener(int port, int family) {
        final Binding binding = bindings.get(key(port, family));
        if (binding == null || binding.listeners.isEmpty()) {
            return null;
        }
        final int count = binding.listeners.size();
        binding.turn = (binding.turn + 1) % count;
        for (int i = 0; i < count; i++) {
            final Listener candidate = binding.listeners.get((binding.turn + i) % count);
            if (candidate.isArmed()) {
                return candidate;
            }
        }
        return binding.listeners.get(binding.turn);
    }

    /** @return all that share a port of one family */
    public List<Listener> listeners(int port, int family) {
        final Binding binding = bindings.get(key(port, family));
        return binding == null ? List.of() : List.copyOf(binding.listeners);
    }

    /**
     * Takes an ephemeral port for a connection to a peer.
     *
     * @return the port, or 0 if all are in use towards that peer (EADDRNOTAVAIL)
     */
    public int connectEphemeral(int remoteAddress, int remotePort) {
        final EphemeralPorts bound = bound(family(remoteAddress));
        EphemeralPorts taken = crowded.isEmpty() ? null : crowded.get(peerKey(remoteAddress, remotePort));
        for (int i = 0; taken == null && i < PATIENCE; i++) {
            final int port = EphemeralPorts.free(nextEphemeral, bound, bound);
            if (port == 0) {
                return 0;
            }
            nextEphemeral = EphemeralPorts.after(port);
            if (flows.add(flowKey(port, remoteAddress, remotePort))) {
                return port;
            }
        }
        if (taken == null) {
            taken = crowd(remoteAddress, remotePort);
        }
        final int port = EphemeralPorts.free(nextEphemeral, bound, taken);
        if (port != 0) {
            nextEphemeral = EphemeralPorts.after(port);
            connectFrom(port, remoteAddress, remotePort);
        }
        return port;
    }

    private EphemeralPorts crowd(int remoteAddress, int remotePort) {
        final EphemeralPorts taken = new EphemeralPorts();
        for (int port = EphemeralPorts.FIRST; port <= EphemeralPorts.LAST; port++) {
            if (flows.contains(flowKey(port, remoteAddress, remotePort))) {
                taken.add(port);
            }
        }
        crowded.put(peerKey(remoteAddress, remotePort), taken);
        return taken;
    }

    private static long peerKey(int remoteAddress, int remotePort) {
        return (long) remoteAddress << Character.SIZE | remotePort & LAST_PORT;
    }

    /** Takes a given local port for a connection. @return false if the four-tuple is in use */
    public boolean connectFrom(int port, int remoteAddress, int remotePort) {
        final boolean free = flows.add(flowKey(port, remoteAddress, remotePort));
        final EphemeralPorts taken =
                crowded.isEmpty() || !free ? null : crowded.get(peerKey(remoteAddress, remotePort));
        if (taken != null) {
            taken.add(port);
        }
        return free;
    }

    /** Gives a four-tuple back. */
    public void disconnect(int port, int remoteAddress, int remotePort) {
        flows.remove(flowKey(port, remoteAddress, remotePort));
        final EphemeralPorts taken = crowded.isEmpty() ? null : crowded.get(peerKey(remoteAddress, remotePort));
        if (taken != null) {
            taken.remove(port);
            if (taken.size() < PATIENCE / 2) {
                crowded.remove(peerKey(remoteAddress, remotePort));
            }
        }
    }

    /** @return ports that are bound, in each family, and four-tuples in use */
    public int held() {
        return bindings.size() + flows.size();
    }

    private static long flowKey(int port, int remoteAddress, int remotePort) {
        return ((long) remoteAddress << 32) | ((long) (remotePort & 0xffff) << 16) | (port & 0xffff);
    }

    private static void count(Binding binding, Sharing sharing, int change) {
        switch (sharing) {
            case NONE -> binding.exclusive += change;
            case REUSE_ADDRESS -> binding.reuseAddress += change;
            case REUSE_PORT -> binding.reusePort += change;
        }
    }

    private void forgetIfUnused(int key, Binding binding) {
        if (binding.exclusive + binding.reuseAddress + binding.reusePort == 0 && binding.listeners.isEmpty()) {
            bindings.remove(key);
            bound(key >>> Character.SIZE).remove(key & LAST_PORT);
        }
    }
}
