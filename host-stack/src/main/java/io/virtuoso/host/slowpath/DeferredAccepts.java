package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Clients on this host that are connected, and have written nothing yet, to listeners with TCP_DEFER_ACCEPT: at most as many
 * for a listener as may wait in its backlog. Stack thread only.
 */
final class DeferredAccepts {
    private static final long TICK_NS = 100_000_000L;

    private record Deferral(Listener listener, long deadlineNs) {}

    private final Map<GuestSocket, Deferral> clients = new LinkedHashMap<>();
    private final Map<Listener, Set<GuestSocket>> byListener = new HashMap<>();
    private long nextTickNs;

    /** @return true if a connection to the listener is to wait for data; not if too many do: then none must be lost */
    static boolean isDue(Listener listener) {
        return listener.deferSeconds() > 0 && listener.hasRoomForHandshake();
    }

    void add(GuestSocket client, Listener listener, long nowNs) {
        if (clients.isEmpty()) {
            nextTickNs = nowNs + TICK_NS;
        }
        clients.put(client, new Deferral(listener, nowNs + TimeUnit.SECONDS.toNanos(listener.deferSeconds())));
        byListener.computeIfAbsent(listener, key -> new LinkedHashSet<>()).add(client);
        listener.addHandshakes(1);
        client.deferred(true);
    }

    /** Ends a wait. @return the listener, or null if the client does not wait */
    Listener remove(GuestSocket client) {
        final Deferral deferral = clients.remove(client);
        if (deferral == null) {
            return null;
        }
        client.deferred(false);
        deferral.listener.addHandshakes(-1);
        final Set<GuestSocket> others = byListener.get(deferral.listener);
        others.remove(client);
        if (others.isEmpty()) {
            byListener.remove(deferral.listener);
        }
        return deferral.listener;
    }

    /** @return those who wait for a listener */
    List<GuestSocket> of(Listener listener) {
        return List.copyOf(byListener.getOrDefault(listener, Set.of()));
    }

    /** @return true if {@link #due} has to be asked; so that nothing is made where nobody waits */
    boolean isDue(long nowNs) {
        return !clients.isEmpty() && nextTickNs - nowNs <= 0;
    }

    /** @return those who have waited long enough */
    List<GuestSocket> due(long nowNs) {
        nextTickNs = nowNs + TICK_NS;
        final List<GuestSocket> found = new ArrayList<>();
        clients.forEach((client, deferral) -> {
            if (deferral.deadlineNs - nowNs <= 0) {
                found.add(client);
            }
        });
        return found;
    }

    /** @return when {@link #due} must be asked; Long.MAX_VALUE if never */
    long nextDeadlineNs() {
        return clients.isEmpty() ? Long.MAX_VALUE : nextTickNs;
    }
}
