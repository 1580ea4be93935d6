package io.virtuoso.host.socket;

import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.LongHashSet;

/**
 * The TCP ports of one guest: who is bound where, who listens, and which four-tuples are in use. Stack thread only.
 *
 * <p>A guest has one address, so a port stands for (address, port).
 */
public final class PortSpace {
    /** Linux's default {@code ip_local_port_range}. */
    static final int FIRST_EPHEMERAL = 32768;

    static final int LAST_EPHEMERAL = 60999;

    private final Int2ObjectHashMap<Binding> bindings = new Int2ObjectHashMap<>();
    private final LongHashSet flows = new LongHashSet();
    private int nextEphemeral = FIRST_EPHEMERAL;

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

    /**
     * Binds to a port.
     *
     * @param port 1 to 65535
     * @return false if the port is taken (EADDRINUSE)
     */
    public boolean bind(int port, Sharing sharing) {
        final Binding binding = bindings.computeIfAbsent(port, p -> new Binding());
        final boolean free = binding.exclusive + binding.reuseAddress + binding.reusePort == 0;
        final boolean allowed = switch (sharing) {
            case NONE -> free;
            case REUSE_ADDRESS -> binding.exclusive + binding.reusePort == 0 && binding.listeners.isEmpty();
            case REUSE_PORT -> binding.exclusive + binding.reuseAddress == 0;
        };
        if (allowed) {
            count(binding, sharing, 1);
        }
        return allowed;
    }

    /**
     * Binds to a free port of the ephemeral range.
     *
     * @return the port, or 0 if none is free
     */
    public int bindEphemeral(Sharing sharing) {
        for (int i = 0; i <= LAST_EPHEMERAL - FIRST_EPHEMERAL; i++) {
            final int port = takeNextEphemeral();
            if (!bindings.containsKey(port) && bind(port, sharing)) {
                return port;
            }
        }
        return 0;
    }

    /** Ends a {@link #bind}. */
    public void unbind(int port, Sharing sharing) {
        final Binding binding = bindings.get(port);
        count(binding, sharing, -1);
        forgetIfUnused(port, binding);
    }

    /**
     * Makes a listener reachable.
     *
     * @return false if somebody listens there already (EADDRINUSE)
     */
    public boolean listen(Listener listener) {
        final Binding binding = bindings.computeIfAbsent(listener.port(), p -> new Binding());
        for (Listener other : binding.listeners) {
            if (!other.reusePort() || !listener.reusePort()) {
                return false;
            }
        }
        binding.listeners.add(listener);
        return true;
    }

    /** @return true between {@link #listen} and {@link #unlisten} */
    public boolean isListening(Listener listener) {
        final Binding binding = bindings.get(listener.port());
        return binding != null && binding.listeners.contains(listener);
    }

    /** Ends a {@link #listen}. */
    public void unlisten(Listener listener) {
        final Binding binding = bindings.get(listener.port());
        if (binding != null) {
            binding.listeners.remove(listener);
            forgetIfUnused(listener.port(), binding);
        }
    }

    /**
     * Finds who takes a new connection. Listeners that share a port take turns; one that is ready to accept is
     * preferred.
     *
     * @return null if nobody listens there
     */
    public Listener listener(int port) {
        final Binding binding = bindings.get(port);
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

    /**
     * Takes an ephemeral port for a connection to a peer.
     *
     * @return the port, or 0 if all are in use towards that peer (EADDRNOTAVAIL)
     */
    public int connectEphemeral(int remoteAddress, int remotePort) {
        for (int i = 0; i <= LAST_EPHEMERAL - FIRST_EPHEMERAL; i++) {
            final int port = takeNextEphemeral();
            if (!bindings.containsKey(port) && flows.add(flowKey(port, remoteAddress, remotePort))) {
                return port;
            }
        }
        return 0;
    }

    /** Takes a given local port for a connection. @return false if the four-tuple is in use */
    public boolean connectFrom(int port, int remoteAddress, int remotePort) {
        return flows.add(flowKey(port, remoteAddress, remotePort));
    }

    /** Gives a four-tuple back. */
    public void disconnect(int port, int remoteAddress, int remotePort) {
        flows.remove(flowKey(port, remoteAddress, remotePort));
    }

    private static long flowKey(int port, int remoteAddress, int remotePort) {
        return ((long) remoteAddress << 32) | ((long) (remotePort & 0xffff) << 16) | (port & 0xffff);
    }

    private int takeNextEphemeral() {
        final int port = nextEphemeral;
        nextEphemeral = port == LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
        return port;
    }

    private static void count(Binding binding, Sharing sharing, int change) {
        switch (sharing) {
            case NONE -> binding.exclusive += change;
            case REUSE_ADDRESS -> binding.reuseAddress += change;
            case REUSE_PORT -> binding.reusePort += change;
        }
    }

    private void forgetIfUnused(int port, Binding binding) {
        if (binding.exclusive + binding.reuseAddress + binding.reusePort == 0 && binding.listeners.isEmpty()) {
            bindings.remove(port);
        }
    }
}
