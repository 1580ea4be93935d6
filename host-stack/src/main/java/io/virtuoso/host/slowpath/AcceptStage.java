package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ListenerMember;
import io.virtuoso.host.socket.LocalPath;
import io.virtuoso.protocol.AcceptedRecord;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import java.lang.invoke.VarHandle;

/**
 * Brings established connections to the processes that accept them. Stack thread only.
 *
 * <p>A connection is pushed to one armed member of its listener. While no member is armed it is held, and the client is
 * already connected, as with a kernel's accept queue.
 */
final class AcceptStage {
    private final LocalPath localPath;

    AcceptStage(LocalPath localPath) {
        this.localPath = localPath;
    }

    /**
     * Establishes a connection of a client on this host.
     *
     * @return false if no memory or slot is left for the accepting side
     */
    boolean accept(GuestSocket client, Listener listener) {
        final ListenerMember member = listener.choose();
        if (member == null) {
            client.awaitingAccept(true);
            listener.held().add(client);
            localPath.openClient(client);
            return true;
        }
        return acceptAt(client, member);
    }

    private boolean acceptAt(GuestSocket client, ListenerMember member) {
        final GuestSocket server = openServerSocket(member, client.localAddress(), client.localPort());
        if (server == null) {
            return false;
        }
        client.awaitingAccept(false);
        localPath.establish(client, server);
        push(member, server);
        localPath.pump(client);
        return true;
    }

    /** Makes the socket through which a member will see a new connection. @return null if no slot is left */
    GuestSocket openServerSocket(ListenerMember member, int remoteAddress, int remotePort) {
        final GuestSocket listening = member.socket();
        final GuestSocket server = listening.space().openHostSlot(listening.contextWord());
        if (server != null) {
            server.local(listening.space().node().address(), member.listener().port());
            server.remote(remoteAddress, remotePort);
            server.options().inherit(listening.options());
            server.sendLimit(listening.sendLimit());
            server.receiveLimit(listening.receiveLimit());
        }
        return server;
    }

    /** Hands an established connection to a member's process, once that accepts. */
    void push(ListenerMember member, GuestSocket server) {
        if (!member.armed()) {
            member.keep(server);
            return;
        }
        final GuestSocket listening = member.socket();
        member.push(server);
        listening.receive().publish();
        VarHandle.fullFence();
        if (listening.receive().takeReadNotice()) {
            listening.space().ready(listening, Event.READY_READ);
        }
    }

    /** A member became armed or accepted something: connections that waited may move on. */
    void advance(Listener listener) {
        for (ListenerMember member : listener.members()) {
            if (!member.armed()) {
                giveBack(member);
            }
            GuestSocket kept;
            while ((kept = member.takeKept()) != null) {
                push(member, kept);
            }
        }
        while (!listener.held().isEmpty() && listener.isArmed()) {
            final GuestSocket client = listener.held().poll();
            if (client.role() != GuestSocket.Role.RELEASED && !accept(client, listener)) {
                localPath.reset(client);
            }
        }
        while (!listener.waitingConnects().isEmpty() && listener.hasRoom()) {
            final GuestSocket client = listener.waitingConnects().poll();
            if (client.role() == GuestSocket.Role.CONNECTING && !accept(client, listener)) {
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

    /**
     * A member accepts no more: what it has and did not take goes to members that do. Without any, it stays with this
     * member, who may accept again.
     */
    void giveBack(ListenerMember member) {
        ListenerMember other;
        while (member.waiting() > 0 && (other = member.listener().choose()) != null) {
            handOver(member.takeBack(), other);
        }
    }

    /** A member is gone: others keep what it did not accept, armed or not; without others it is reset. */
    void abandon(ListenerMember member) {
        giveBack(member);
        GuestSocket server;
        while ((server = member.takeBack()) != null) {
            handOver(server, member.listener().keeper());
        }
    }

    /** Moves a connection that was not accepted to another member, with the data it has received, or resets it. */
    private void handOver(GuestSocket server, ListenerMember other) {
        final GuestSocket heir =
                other == null ? null : openServerSocket(other, server.remoteAddress(), server.remotePort());
        if (heir == null) {
            server.transport().close(server, true);
        } else if (server.transport().moveTo(server, heir)) {
            localPath.discard(server);
            push(other, heir);
        } else {
            localPath.discard(heir);
            server.transport().close(server, true);
        }
    }
}
