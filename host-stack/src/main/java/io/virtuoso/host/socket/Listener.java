package io.virtuoso.host.socket;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A listening socket (open file description) of a guest: its members, the connections that no member has yet, and the
 * connects that wait for room in the backlog. Stack thread only.
 */
public final class Listener {
    private final GuestNode node;
    private final int port;
    private final PortSpace.Sharing boundAs;
    private final int backlog;
    private final List<ListenerMember> members = new ArrayList<>(1);
    private final ArrayDeque<GuestSocket> held = new ArrayDeque<>(2);
    private final ArrayDeque<GuestSocket> waitingConnects = new ArrayDeque<>(2);
    private int next;
    private int shares;

    /**
     * @param backlog connections that may wait, as {@code listen} was told; one more is admitted, as Linux does
     */
    public Listener(GuestNode node, int port, PortSpace.Sharing boundAs, int backlog) {
        this.node = node;
        this.port = port;
        this.boundAs = boundAs;
        this.backlog = backlog;
    }

    public GuestNode node() {
        return node;
    }

    public int port() {
        return port;
    }

    /** @return how the port is held; the listener took that over from the socket that was bound */
    public PortSpace.Sharing boundAs() {
        return boundAs;
    }

    /** @return true if other listeners with the same wish may listen on the same port */
    public boolean reusePort() {
        return boundAs == PortSpace.Sharing.REUSE_PORT;
    }

    /** @return number of placeholders that stand for this listener: it lives while processes hold one */
    public int shares() {
        return shares;
    }

    public void shares(int count) {
        shares = count;
    }

    public int backlog() {
        return backlog;
    }

    public List<ListenerMember> members() {
        return members;
    }

    /** @return connections established by clients on this host for which no member has been chosen */
    public ArrayDeque<GuestSocket> held() {
        return held;
    }

    public ArrayDeque<GuestSocket> waitingConnects() {
        return waitingConnects;
    }

    /** Adds a socket that may accept. */
    public ListenerMember addMember(GuestSocket socket) {
        final ListenerMember member = new ListenerMember(this, socket);
        members.add(member);
        socket.listener(member);
        socket.role(GuestSocket.Role.LISTENER);
        return member;
    }

    /** @return connections that wait to be accepted */
    public int queued() {
        int queued = held.size();
        for (int i = 0; i < members.size(); i++) {
            queued += Math.max(0, members.get(i).waiting());
        }
        return queued;
    }

    /** @return true if another connection may be established */
    public boolean hasRoom() {
        return queued() <= backlog;
    }

    /** @return true if some process is ready to accept */
    public boolean isArmed() {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).armed()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Chooses who accepts the next connection: the armed member with the fewest connections waiting; among equals they
     * take turns.
     *
     * @return null if no member is armed
     */
    public ListenerMember choose() {
        ListenerMember best = null;
        int bestWaiting = Integer.MAX_VALUE;
        final int count = members.size();
        for (int i = 0; i < count; i++) {
            final ListenerMember member = members.get((next + i) % count);
            if (member.armed() && member.hasRoom()) {
                final int waiting = member.waiting();
                if (waiting >= 0 && waiting < bestWaiting) {
                    best = member;
                    bestWaiting = waiting;
                }
            }
        }
        next++;
        if (next < 0) {
            next = 0;
        }
        return best;
    }

    /** @return the member that keeps connections until some member is armed, or null if there is none */
    public ListenerMember keeper() {
        return members.isEmpty() ? null : members.getFirst();
    }
}
