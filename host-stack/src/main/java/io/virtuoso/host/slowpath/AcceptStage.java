package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ListenerMember;
import io.virtuoso.host.socket.LocalPath;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.protocol.AcceptedRecord;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.State;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import org.agrona.concurrent.NanoClock;

/**
 * Brings established connections to the processes that accept them. Stack thread only.
 *
 * <p>A connection is pushed to the one process that accepts. While it does not accept, or if there are several, the
 * connection waits in the {@link Listener}'s queue. The client is connected by then, as with a kernel's accept queue.
 */
final class AcceptStage {
    /** One process is told of one connection. If it does not come for it in this time, all are told. */
    private static final long PATIENCE_NS = 1_000_000;

    /** Most connections that one answer brings along. */
    private static final int MORE = 16;

    private final LocalPath localPath;
    private final NanoClock clock;
    private final ArrayDeque<Unanswered> unanswered = new ArrayDeque<>();

    private final DeferredAccepts deferred = new DeferredAccepts();

    private record Unanswered(Listener listener, long deadlineNs) {}

    AcceptStage(LocalPath localPath, NanoClock clock) {
        this.localPath = localPath;
        this.clock = clock;
        localPath.deferrals(this::endDeferral);
    }

    /**
     * Establishes a connection of a client on this host.
     *
     * @return false if no memory or slot is left for the accepting side
     */
    boolean accept(GuestSocket client, Listener listener) {
        if (DeferredAccepts.isDue(listener)) {
            client.awaitingAccept(true);
            localPath.openClient(client);
            deferred.add(client, listener, clock.nanoTime());
            return true;
        }
        final ListenerMember member = listener.acceptor();
        if (member != null) {
            return push(client, member);
        }
        client.awaitingAccept(true);
        localPath.openClient(client);
        enqueue(client, listener);
        return true;
    }

    /** A client has written its first data, or will not, or it has had time enough: its connection is to be accepted. */
    private void endDeferral(GuestSocket client) {
        final Listener listener = deferred.remove(client);
        if (listener != null) {
            enqueue(client, listener);
            advance(listener);
        }
    }

    /** A deferred client is gone. */
    void forget(GuestSocket client) {
        if (client.deferred()) {
            deferred.remove(client);
        }
    }

    /** A client that nobody has accepted yet will not be shown to anybody by a listener in whose queue it may be. */
    void withdraw(GuestSocket client, Listener listener) {
        forget(client);
        if (listener.queue().remove(client)) {
            listener.showQueue();
            advance(listener);
        }
    }

    /** Nobody can accept from a listener any more. */
    void resetDeferred(Listener listener) {
        for (GuestSocket client : deferred.of(listener)) {
            deferred.remove(client);
            localPath.reset(client);
        }
    }

    /** A connection from outside is established, through a socket in the space of a member. */
    void deliver(GuestSocket server, ListenerMember member) {
        if (member.listener().acceptor() == member) {
            push(member, server);
        } else {
            enqueue(server, member.listener());
        }
    }

    private void enqueue(GuestSocket connection, Listener listener) {
        if (listener.queue().isEmpty()) {
            listener.progressNs(clock.nanoTime());
        }
        listener.queue().add(connection);
        announce(listener);
    }

    /** Tells somebody of a connection in the queue. */
    private void announce(Listener listener) {
        listener.showQueue();
        if (!listener.isShared()) {
            return;
        }
        final ListenerMember member = listener.chooseToTell();
        if (member != null) {
            member.tell(Event.READY_READ);
        }
        if (!listener.unanswered()) {
            listener.unanswered(true);
            unanswered.add(new Unanswered(listener, clock.nanoTime() + PATIENCE_NS));
        }
    }

    /** Tells all of connections for which nobody came; shows those that had to wait for data. @return how many */
    int onTimers(long nowNs) {
        int late = 0;
        if (deferred.isDue(nowNs)) {
            for (GuestSocket client : deferred.due(nowNs)) {
                endDeferral(client);
                late++;
            }
        }
        Unanswered oldest;
        while ((oldest = unanswered.peek()) != null && oldest.deadlineNs - nowNs <= 0) {
            unanswered.poll();
            final Listener listener = oldest.listener;
            final long deadlineNs = listener.progressNs() + PATIENCE_NS;
            if (listener.queue().isEmpty()) {
                listener.unanswered(false);
            } else if (deadlineNs - nowNs > 0) {
                unanswered.add(new Unanswered(listener, deadlineNs));
            } else {
                listener.unanswered(false);
                listener.members().forEach(AcceptStage::tellIfDue);
                late++;
            }
        }
        return late;
    }

    private static void tellIfDue(ListenerMember member) {
        if (member.mayBeTold()) {
            member.tell(Event.READY_READ);
        }
    }

    /** @return when {@link #onTimers} has something to do; Long.MAX_VALUE if never */
    long nextDeadlineNs() {
        return Math.min(
                deferred.nextDeadlineNs(), unanswered.isEmpty() ? Long.MAX_VALUE : unanswered.peek().deadlineNs);
    }

    /** Makes the socket through which a member will see a new connection. @return null if no slot is left */
    GuestSocket openServerSocket(ListenerMember member, int remoteAddress, int remotePort) {
        final GuestSocket listening = member.socket();
        final GuestSocket server = listening.space().openHostSlot(listening.contextWord());
        if (server != null) {
            server.local(
                    listening.space().node().addressTowards(remoteAddress),
                    member.listener().port());
            server.remote(remoteAddress, remotePort);
            server.options().inherit(listening.options());
            server.takeLimits(listening);
        }
        return server;
    }

    private boolean push(GuestSocket client, ListenerMember member) {
        final GuestSocket server = establish(client, member);
        if (server == null) {
            return false;
        }
        push(member, server);
        localPath.pump(client);
        return true;
    }

    /** Gives a client on this host its other end. @return null if no slot is left */
    private GuestSocket establish(GuestSocket client, ListenerMember member) {
        final GuestSocket server = openServerSocket(member, client.localAddress(), client.localPort());
        if (server != null) {
            client.awaitingAccept(false);
            localPath.establish(client, server);
        }
        return server;
    }

    private static void push(ListenerMember member, GuestSocket server) {
        final GuestSocket listening = member.socket();
        server.unaccepted(false);
        member.push(server);
        listening.receive().publish();
        VarHandle.fullFence();
        if (listening.receive().takeReadNotice()) {
            listening.space().ready(listening, Event.READY_READ);
        }
    }

    /** A process takes a connection. @return a socket in its space, or null if none waits */
    GuestSocket take(ListenerMember member) {
        final Listener listener = member.listener();
        member.asked();
        member.looked();
        listener.progressNs(clock.nanoTime());
        GuestSocket server = null;
        while (server == null && !listener.queue().isEmpty()) {
            server = take(listener.queue().poll(), member);
        }
        if (server != null) {
            server.unaccepted(false);
            listener.taken(member);
            member.took();
            pushMore(listener, member);
        }
        advance(listener);
        return server;
    }

    /** Spares who accepts alone, in a loop, the questions for what waits behind the connection that it has got. */
    private void pushMore(Listener listener, ListenerMember member) {
        if (!listener.isAlone(member)) {
            return;
        }
        while (!listener.queue().isEmpty() && member.waiting() >= 0 && member.waiting() < MORE && member.hasRoom()) {
            final GuestSocket next = take(listener.queue().poll(), member);
            if (next != null) {
                push(member, next);
            }
        }
    }

    private GuestSocket take(GuestSocket connection, ListenerMember member) {
        if (connection.role() == GuestSocket.Role.RELEASED) {
            return null;
        }
        if (!connection.awaitingAccept()) {
            return move(connection, member);
        }
        final GuestSocket server = establish(connection, member);
        if (server == null) {
            localPath.reset(connection);
        } else {
            localPath.pump(connection);
        }
        return server;
    }

    /** Who accepts, or how many wait, has changed: connections move on. */
    void advance(Listener listener) {
        ListenerMember member;
        while (!listener.queue().isEmpty() && (member = listener.acceptor()) != null) {
            final GuestSocket server = take(listener.queue().poll(), member);
            if (server != null) {
                push(member, server);
            }
        }
        listener.showQueue();
        while (!listener.waitingConnects().isEmpty() && listener.hasRoom()) {
            final GuestSocket client = listener.waitingConnects().removeFirst();
            if (client.role() == GuestSocket.Role.CONNECTING && !client.is(State.FAILED) && !accept(client, listener)) {
                client.fail(Errno.ECONNREFUSED);
                client.space().ready(client, Event.READY_READ | Event.READY_WRITE | Event.READY_STATE);
            }
        }
        wantNoticeIfFull(listener);
    }

    /** While connects wait for room, the guests must say when they accept. */
    void wantNoticeIfFull(Listener listener) {
        for (ListenerMember member : listener.members()) {
            if (listener.waitingConnects().isEmpty()) {
                member.socket().receive().wantNoRoom();
            } else if (member.waiting() > 0) {
                member.socket().receive().wantRoomAt(member.socket().receive().head() + AcceptedRecord.BYTES);
            }
        }
    }

    /** A member accepts from now on. */
    void arm(ListenerMember member, boolean once) {
        member.arm(once);
        if (member.listener().isShared() && !member.listener().queue().isEmpty()) {
            member.tell(Event.READY_READ);
        }
        advance(member.listener());
    }

    /** A member accepts no more. What was pushed to it stays there: it may accept again before this is known here. */
    void disarm(ListenerMember member) {
        member.disarm();
        passOn(member.listener());
    }

    /** Several processes may accept now, or one does no more, who perhaps was told of what waits. */
    void passOn(Listener listener) {
        if (!listener.queue().isEmpty()) {
            announce(listener);
        }
        advance(listener);
    }

    /**
     * A member is gone: others keep what it did not accept.
     *
     * @param last nobody can accept any more: {@link #bequeath} will see to it
     */
    void abandon(ListenerMember member, boolean last) {
        final Listener listener = member.listener();
        GuestSocket pushed;
        while ((pushed = member.takeBack()) != null) {
            listener.queue().add(pushed);
        }
        for (int i = last ? 0 : listener.queue().size(); i > 0; i--) {
            final GuestSocket connection = listener.queue().poll();
            final boolean leaves = connection.space() == member.socket().space() && !connection.awaitingAccept();
            final GuestSocket kept = leaves ? move(connection, listener.keeper()) : connection;
            if (leaves && kept != null) {
                kept.unaccepted(true);
            }
            if (kept != null) {
                listener.queue().add(kept);
            }
        }
    }

    /**
     * Nobody can accept from a listener any more. If others listen on its port (SO_REUSEPORT), connections that wait are
     * theirs, as with Linux's tcp_migrate_req: the processes of a server whose host stack was another each have such a
     * listener instead of the one that they shared. What nobody takes over stays in the queue.
     */
    void bequeath(Listener listener) {
        for (int i = listener.queue().size(); i > 0; i--) {
            final GuestSocket connection = listener.queue().poll();
            if (connection.role() == GuestSocket.Role.RELEASED) {
                continue;
            }
            final boolean waits = connection.awaitingAccept();
            final Listener heir = heir(listener, waits ? connection.remoteAddress() : connection.localAddress());
            if (heir == null) {
                listener.queue().add(connection);
                continue;
            }
            final GuestSocket kept = waits ? connection : move(connection, heir.keeper());
            if (kept != null) {
                kept.unaccepted(!waits);
                enqueue(kept, heir);
                advance(heir);
            }
        }
    }

    /** @return who listens where a listener did that is gone, and has room; null if nobody does */
    static Listener heir(Listener listener, int localAddress) {
        final Listener other = listener.node().ports().listener(listener.port(), PortSpace.family(localAddress));
        return other != null && other.keeper() != null && other.hasRoom() ? other : null;
    }

    /**
     * Moves a connection that was not accepted, with the data it has received, to a member's space.
     *
     * @return the socket there, or null if it had to be reset
     */
    private GuestSocket move(GuestSocket server, ListenerMember member) {
        if (member != null && server.space() == member.socket().space()) {
            return server;
        }
        final GuestSocket heir =
                member == null ? null : openServerSocket(member, server.remoteAddress(), server.remotePort());
        if (heir == null) {
            server.transport().close(server, true);
            return null;
        }
        if (!server.transport().moveTo(server, heir)) {
            localPath.discard(heir);
            server.transport().close(server, true);
            return null;
        }
        localPath.discard(server);
        return heir;
    }
}
