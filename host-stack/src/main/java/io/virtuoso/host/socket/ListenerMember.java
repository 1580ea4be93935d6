package io.virtuoso.host.socket;

import io.virtuoso.protocol.AcceptedRecord;
import java.util.ArrayDeque;

/**
 * One socket through which connections of a {@link Listener} can be accepted. A listener has several members after a
 * process with a listening socket forked. Stack thread only.
 */
public final class ListenerMember {
    private final Listener listener;
    private final GuestSocket socket;
    /** In the ring, oldest first: the last one's record is the ring's last. */
    private final ArrayDeque<GuestSocket> pushed = new ArrayDeque<>(4);

    private final ArrayDeque<GuestSocket> kept = new ArrayDeque<>(0);
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
     * Counts connections that this member has and that were not accepted yet.
     *
     * @return the number, or -1 if the guest's cursor makes no sense
     */
    public int waiting() {
        if (!socket.receive().refresh()) {
            return -1;
        }
        forgetAccepted();
        return pushed.size() + kept.size();
    }

    /** Records that were taken back lie before those that count. */
    private void forgetAccepted() {
        final long head = socket.receive().head();
        long record = socket.receive().tail() - (long) pushed.size() * AcceptedRecord.BYTES;
        while (!pushed.isEmpty() && head - record > 0) {
            pushed.poll();
            record += AcceptedRecord.BYTES;
        }
    }

    /** Hands a connection to the guest; the caller has checked the backlog, for which the ring was made. */
    public void push(GuestSocket accepted) {
        pushed.add(accepted);
        socket.receive().writeAccepted(accepted.index(), accepted.generation());
    }

    /** @return true if the ring has room for one more record */
    public boolean hasRoom() {
        return socket.receive().room() >= AcceptedRecord.BYTES;
    }

    /** Keeps a connection for whoever accepts first; the guest does not see it. */
    public void keep(GuestSocket accepted) {
        kept.add(accepted);
    }

    /** @return a connection to {@link #push} now, because this member accepts; null if there is none, or no room */
    public GuestSocket takeKept() {
        return armed && hasRoom() ? kept.poll() : null;
    }

    /**
     * Takes back the oldest connection that was not accepted; only while the guest does not accept. Its record stays in
     * the ring: the guest skips it by its generation.
     *
     * @return null if there is none
     */
    public GuestSocket takeBack() {
        if (waiting() <= 0) {
            return null;
        }
        return pushed.isEmpty() ? kept.poll() : pushed.poll();
    }
}
