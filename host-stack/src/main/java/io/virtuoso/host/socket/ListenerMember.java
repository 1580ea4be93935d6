package io.virtuoso.host.socket;

import java.util.ArrayDeque;

/**
 * One socket through which connections of a {@link Listener} can be accepted. A listener has several members after a
 * process with a listening socket forked. Stack thread only.
 */
public final class ListenerMember {
    private static final int RECORD_BYTES = 8;

    private final Listener listener;
    private final GuestSocket socket;
    private final ArrayDeque<GuestSocket> pushed = new ArrayDeque<>(4);
    private long acceptedUpTo;
    private boolean armed;

    ListenerMember(Listener listener, GuestSocket socket) {
        this.listener = listener;
        this.socket = socket;
    }

    public Listener listener() {
        return listener;
    }

    public GuestSocket socket() {
        return socket;
    }

    /** @return true if the process has shown that it accepts */
    public boolean armed() {
        return armed;
    }

    public void armed(boolean isArmed) {
        armed = isArmed;
    }

    /**
     * Counts connections that were pushed to this member and not accepted yet.
     *
     * @return the number, or -1 if the guest's cursor makes no sense
     */
    public int waiting() {
        if (!socket.receive().refresh()) {
            return -1;
        }
        while (acceptedUpTo != socket.receive().head() && !pushed.isEmpty()) {
            acceptedUpTo += RECORD_BYTES;
            pushed.poll();
        }
        return pushed.size();
    }

    /** Hands a connection to the guest; the caller has checked the backlog, for which the ring was made. */
    public void push(GuestSocket accepted) {
        pushed.add(accepted);
        socket.receive().writeAccepted(accepted.index(), accepted.generation());
    }

    /** @return true if the ring has room for one more record */
    public boolean hasRoom() {
        return socket.receive().room() >= RECORD_BYTES;
    }

    /** Takes back one connection that was not accepted; only after the guest stopped accepting. @return null if none */
    public GuestSocket takeBack() {
        return waiting() > 0 ? takeLast() : null;
    }

    private GuestSocket takeLast() {
        return pushed.poll();
    }

    /** Forgets records that were taken back: the guest skips them by their generation. */
    public void forgetTakenBack() {
        acceptedUpTo = socket.receive().tail();
    }
}
