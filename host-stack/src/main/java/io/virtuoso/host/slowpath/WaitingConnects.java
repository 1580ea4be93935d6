package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.protocol.Errno;
import java.util.ArrayDeque;

/**
 * Connects that found a full backlog, oldest first, so that they time out as a SYN that is never answered does. A
 * connect that moved on is skipped when its time comes. Stack thread only.
 */
final class WaitingConnects {
    private static final long TIMEOUT_NS = 127_000_000_000L;

    private record Waiting(GuestSocket client, long deadlineNs) {}

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    void add(GuestSocket client, Listener listener, long nowNs) {
        waiting.add(new Waiting(client, nowNs + TIMEOUT_NS));
        listener.waitingConnects().add(client);
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
