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

    private boolean armed;
    private boolean armedOnce;
    private boolean told;
    private boolean accepts;

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

    /**
     * The process accepts.
     *
     * @param once a thread of it waits at this moment. Once it has got a connection from a shared listener it will say
     *     so again before it waits for the next
     */
    public void arm(boolean once) {
        armed = true;
        accepts = true;
        armedOnce = once;
        told = false;
    }

    /** The process asks for a connection. */
    public void asked() {
        accepts = true;
    }

    /** @return true if the process has ever shown that it accepts */
    boolean accepts() {
        return accepts;
    }

    /** @return true if the process accepts one connection after another, not one for each thread that waits */
    boolean isArmedForMore() {
        return armed && !armedOnce;
    }

    /** The process accepts no more. */
    public void disarm() {
        armed = false;
        told = false;
    }

    /** @return true if news of a connection would reach somebody who accepts, and none is on its way */
    public boolean mayBeTold() {
        return armed && !told;
    }

    /** @return true if the process waits for a connection, as far as is known */
    public boolean waits() {
        return armed && (armedOnce || socket.space().isGuestAsleep(socket));
    }

    /** Tells the process that connections wait. */
    public void tell(int mask) {
        told = true;
        socket.space().ready(socket, mask);
    }

    /** The process has looked for a connection, or there is none any more. */
    public void looked() {
        told = false;
    }

    /** The process has taken a connection from the queue. */
    public void took() {
        if (armedOnce) {
            armed = false;
        }
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
        final long head = socket.receive().head();
        long record = socket.receive().tail() - (long) pushed.size() * AcceptedRecord.BYTES;
        while (!pushed.isEmpty() && head - record > 0) {
            pushed.poll();
            record += AcceptedRecord.BYTES;
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
        return socket.receive().room() >= AcceptedRecord.BYTES;
    }

    /**
     * Takes back the oldest connection that was not accepted; only after the guest has closed its socket.
     *
     * @return null if there is none
     */
    public GuestSocket takeBack() {
        return waiting() > 0 ? pushed.poll() : null;
    }
}
