package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Connects that found a full backlog, or that the policy dropped, oldest first, so that they time out as a SYN that is
 * never answered does. A connect that moved on is skipped when its time comes, a socket that is released is forgotten at
 * once: a guest may connect and close as often as it likes. Stack thread only.
 */
final class WaitingConnects {
    private static final long TIMEOUT_NS = 127_000_000_000L;

    /** @param listener whose backlog is full; null if the policy dropped what the client sent */
    private record Waiting(Listener listener, long deadlineNs) {}

    private final LinkedHashMap<GuestSocket, Waiting> waiting = new LinkedHashMap<>();

    void add(GuestSocket client, Listener listener, long nowNs) {
        put(client, new Waiting(listener, nowNs + TIMEOUT_NS));
        listener.waitingConnects().add(client);
    }

    /** The policy drops what the client sends. */
    void addDropped(GuestSocket client, long nowNs) {
        put(client, new Waiting(null, nowNs + TIMEOUT_NS));
    }

    /** The policy drops from now on what a client sends that may have waited already: it waits no longer than before. */
    void drop(GuestSocket client, long nowNs) {
        final Waiting entry = waiting.get(client);
        if (entry == null) {
            addDropped(client, nowNs);
        } else {
            leave(client, entry);
            put(client, new Waiting(null, entry.deadlineNs));
        }
    }

    private void put(GuestSocket client, Waiting entry) {
        waiting.put(client, entry);
        client.connectWaits(true);
    }

    /** A client is released. */
    void forget(GuestSocket client) {
        if (client.connectWaits()) {
            leave(client, waiting.remove(client));
        }
    }

    /** A client waits for room in another backlog from now on, and no longer than before. */
    void move(GuestSocket client, Listener listener) {
        final Waiting entry = waiting.get(client);
        if (entry != null) {
            leave(client, entry);
            put(client, new Waiting(listener, entry.deadlineNs));
            listener.waitingConnects().add(client);
        }
    }

    private static void leave(GuestSocket client, Waiting entry) {
        client.connectWaits(false);
        if (entry.listener != null) {
            entry.listener.waitingConnects().remove(client);
        }
    }

    /** @return clients whose connects were dropped and may go on; they wait no more */
    List<GuestSocket> takeDropped(Predicate<GuestSocket> mayGoOn) {
        final List<GuestSocket> clients = new ArrayList<>();
        waiting.forEach((client, entry) -> {
            if (entry.listener == null && isConnecting(client) && mayGoOn.test(client)) {
                clients.add(client);
            }
        });
        clients.forEach(this::forget);
        return clients;
    }

    private static boolean isConnecting(GuestSocket client) {
        return client.role() == GuestSocket.Role.CONNECTING && !client.is(State.FAILED);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Fails what waited too long. @return how many */
    int expire(long nowNs) {
        int expired = 0;
        Map.Entry<GuestSocket, Waiting> oldest;
        while ((oldest = waiting.firstEntry()) != null
                && (oldest.getValue().deadlineNs - nowNs <= 0
                        || oldest.getKey().role() != GuestSocket.Role.CONNECTING)) {
            final GuestSocket client = oldest.getKey();
            forget(client);
            if (client.role() == GuestSocket.Role.CONNECTING) {
                ConnectionSetup.refuse(client, Errno.ETIMEDOUT);
                expired++;
            }
        }
        return expired;
    }
}
