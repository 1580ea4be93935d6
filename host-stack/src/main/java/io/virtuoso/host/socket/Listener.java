package io.virtuoso.host.socket;

import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.protocol.Option;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/**
 * A listening socket (open file description) of a guest: its members, the connections that nobody has accepted yet, and
 * the connects that wait for room in the backlog.
 *
 * <p>While one process has it, connections are pushed to that process. As soon as several processes may accept they
 * stay in one queue, as a kernel's do, and a process takes one when it accepts: none waits for a process that is busy
 * while another is idle. Stack thread only.
 */
public final class Listener {
    private final GuestNode node;
    private final int port;
    private final PortSpace.Sharing boundAs;
    private final int families;
    private final int backlog;
    private final List<ListenerMember> members = new ArrayList<>(1);
    private final ArrayDeque<GuestSocket> queue = new ArrayDeque<>(2);
    private final LinkedHashSet<GuestSocket> waitingConnects = new LinkedHashSet<>(2);
    private int next;
    private ListenerMember lastTaker;
    private int shares;
    private int handshakes;
    private boolean queueShown;
    private boolean unanswered;
    private long progressNs;

    /**
     * @param families of the addresses where it listens, see {@link PortSpace}
     * @param backlog connections that may wait, as {@code listen} was told; one more is admitted, as Linux does
     */
    public Listener(GuestNode node, int port, PortSpace.Sharing boundAs, int families, int backlog) {
        this.families = families;
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

    /** @return families of the addresses where it listens, see {@link PortSpace} */
    public int families() {
        return families;
    }

    /** @return any address of these families */
    public int anyAddress() {
        return families == PortSpace.IPV4 ? 0 : Ipv6Numbers.ANY;
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

    /**
     * Connections that nobody has accepted, oldest first: clients on this host that wait for their other end, and
     * sockets in the space of a member.
     */
    public ArrayDeque<GuestSocket> queue() {
        return queue;
    }

    /** @return true if several processes may accept */
    public boolean isShared() {
        return shares > 0 || members.size() > 1;
    }

    /** @return true while somebody was told of a connection and may still come for it */
    public boolean unanswered() {
        return unanswered;
    }

    public void unanswered(boolean isUnanswered) {
        unanswered = isUnanswered;
    }

    /** @return when a connection was taken from the queue, or came into the empty queue */
    public long progressNs() {
        return progressNs;
    }

    public void progressNs(long nowNs) {
        progressNs = nowNs;
    }

    /**
     * Shows the members whether there is something in the queue that they can take. If there is nothing any more, who
     * was told of it finds nothing and says nothing: it is to be told of the next.
     */
    public void showQueue() {
        final boolean show = isShared() && !queue.isEmpty();
        if (show != queueShown) {
            queueShown = show;
            for (int i = 0; i < members.size(); i++) {
                members.get(i).socket().showAcceptable(show);
                members.get(i).looked();
            }
        }
    }

    /** @return clients on this host that wait for room in the backlog, oldest first */
    public SequencedSet<GuestSocket> waitingConnects() {
        return waitingConnects;
    }

    /** Adds a socket that may accept. */
    public ListenerMember addMember(GuestSocket socket) {
        final ListenerMember member = new ListenerMember(this, socket);
        members.add(member);
        socket.listener(member);
        socket.role(GuestSocket.Role.LISTENER);
        socket.showAcceptable(queueShown);
        return member;
    }

    /** @return connections that wait to be accepted */
    public int queued() {
        int queued = queue.size();
        for (int i = 0; i < members.size(); i++) {
            queued += Math.max(0, members.get(i).waiting());
        }
        return queued;
    }

    /** @return true if another connection may be established */
    public boolean hasRoom() {
        return queued() <= backlog;
    }

    /** @return seconds that a connection waits for data before it is shown to who accepts (TCP_DEFER_ACCEPT); 0: none */
    public long deferSeconds() {
        return option(Option.DEFER_ACCEPT);
    }

    /** @return an option as some member has it, the largest; 0 if none has */
    public long option(int option) {
        long value = 0;
        for (int i = 0; i < members.size(); i++) {
            final SocketOptions options = members.get(i).socket().options();
            value = options.has(option) ? Math.max(value, options.get(option)) : value;
        }
        return value;
    }

    /** @return true if another handshake may begin: as many as connections may wait, as Linux does */
    public boolean hasRoomForHandshake() {
        return handshakes <= backlog && node.mayRemember();
    }

    /** A peer begins to connect, or has done so, or has given up; on this host only if it has to show data for that. */
    public void addHandshakes(int count) {
        handshakes += count;
        node.account().handshakes(count);
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

    /** @return the process to which connections are pushed; null if there are several, or it does not accept now */
    public ListenerMember acceptor() {
        final ListenerMember only = isShared() || members.isEmpty() ? null : members.getFirst();
        return only != null && only.armed() && only.hasRoom() && only.waiting() >= 0 ? only : null;
    }

    /** @return true if a member accepts one connection after another, and no other ever wanted to */
    public boolean isAlone(ListenerMember member) {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i) != member && members.get(i).accepts()) {
                return false;
            }
        }
        return member.isArmedForMore();
    }

    /**
     * Chooses who is told of a connection in the queue: one that waits, else any that accepts; they take turns.
     *
     * @return null if all who accept have been told
     */
    public ListenerMember chooseToTell() {
        ListenerMember chosen = null;
        final int count = members.size();
        for (int i = 0; i < count; i++) {
            final ListenerMember member = members.get((next + i) % count);
            if (member.mayBeTold()) {
                if (member.waits()) {
                    next = (next + i + 1) % count;
                    return member;
                }
                chosen = chosen == null ? member : chosen;
            }
        }
        return chosen;
    }

    /** Somebody has taken a connection from the queue. */
    public void taken(ListenerMember by) {
        lastTaker = by;
    }

    /** @return who took the last connection, and so is likely to take the next; else {@link #keeper} */
    public ListenerMember likely() {
        return lastTaker != null && members.contains(lastTaker) ? lastTaker : keeper();
    }

    /** @return a member to which sockets in the queue can move whose member is gone, or null if there is none */
    public ListenerMember keeper() {
        return members.isEmpty() ? null : members.getFirst();
    }
}
