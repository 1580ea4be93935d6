package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Connects that found a full backlog, or that the policy dropped, oldest first, so that they time out as a SYN that is
 * never answered does. A connect that moved on is skipped when its time comes. Stack thread only.
 */
final class WaitingConnects {
    private static final long TIMEOUT_NS = 127_000_000_000L;

    private record Waiting(GuestSocket client, long deadlineNs, boolean dropped) {}

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    void add(GuestSocket client, Listener listener, long nowNs) {
        waiting.add(new Waiting(client, nowNs + TIMEOUT_NS, false));
        listener.waitingConnects().add(client);
    }

    /** The policy drops what the client sends. */
    void addDropped(GuestSocket client, long nowNs) {
        waiting.add(new Waiting(client, nowNs + TIMEOUT_NS, true));
    }

    /** @return clients whose connects were dropped and may go on; they wait no more */
    List<GuestSocket> takeDropped(Predicate<GuestSocket> mayGoOn) {
        final List<GuestSocket> clients = new ArrayList<>();
        waiting.removeIf(entry -> {
            final boolean taken = entry.dropped && isConnecting(entry.client) && mayGoOn.test(entry.client);
            if (taken) {
                clients.add(entry.client);
            }
            return taken;
        });
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
        Waiting oldest;
        while ((oldest = waiting.peek()) != null
                && (oldest.deadlineNs - nowNs <= 0 || oldest.client.role() != GuestSocket.Role.CONNECTING)) {
            waiting.poll();
            if (oldest.client.role() == GuestSocket.Role.CONNECTING) {
                ConnectionSetup.refuse(oldest.client, Errno.ETIMEDOUT);
                expired++;
            }
        }
        return expired;
    }
}
