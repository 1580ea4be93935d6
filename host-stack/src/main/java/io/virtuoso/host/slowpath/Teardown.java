package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ListenerMember;
import io.virtuoso.host.socket.LocalPath;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.util.List;

/** Shutdown, close and release of sockets. Stack thread only. */
final class Teardown {
    private LocalPath localPath;
    private AcceptStage acceptStage;
    private DatagramPath datagrams;
    private WaitingConnects waitingConnects;

    /** The two know each other: closing a socket releases it, releasing a listener moves its connections. */
    void connectTo(LocalPath path, AcceptStage stage, DatagramPath datagramPath, WaitingConnects waiting) {
        waitingConnects = waiting;
        localPath = path;
        datagrams = datagramPath;
        acceptStage = stage;
    }

    void onShutdown(ControlCommand command) {
        final GuestSocket socket = command.context.space().find(command.slot, command.generation);
        if (socket == null || socket.role() != GuestSocket.Role.STREAM) {
            return;
        }
        if ((command.arg0 & Command.SHUT_READ) != 0) {
            socket.transport().shutdownRead(socket);
        }
        if ((command.arg0 & Command.SHUT_WRITE) != 0) {
            socket.transport().shutdownWrite(socket);
        }
    }

    void onClose(ControlCommand command) {
        final GuestSocket socket = command.context.space().find(command.slot, command.generation);
        if (socket != null && command.arg0 != Command.CLOSE_MOVED) {
            close(socket, command.arg0 == Command.CLOSE_ABORT);
        } else if (socket != null && socket.is(State.MOVED)) {
            release(socket); // else it came back meanwhile
        }
    }

    /** Ends a socket as its guest's close does. */
    void close(GuestSocket socket, boolean abort) {
        if (socket.closed()) {
            return;
        }
        switch (socket.role()) {
            case IDLE -> release(socket);
            case LISTENER -> {
                socket.closed(true);
                closeMember(socket.listener());
            }
            case CONNECTING -> {
                if (socket.transport() != null) {
                    socket.transport().close(socket, true);
                } else {
                    release(socket);
                }
            }
            case STREAM -> socket.transport().close(socket, abort);
            case DATAGRAM -> {
                datagrams.pump(socket);
                release(socket);
            }
            case RELEASED -> {}
        }
    }

    /** Ends a closed socket that could not deliver what was written: the peer is reset. */
    void abandon(GuestSocket socket) {
        if (socket.role() == GuestSocket.Role.STREAM) {
            socket.transport().close(socket, true);
        }
        release(socket);
    }

    private void closeMember(ListenerMember member) {
        final Listener listener = member.listener();
        listener.members().remove(member);
        member.disarm();
        final boolean last = listener.members().isEmpty() && listener.shares() == 0;
        acceptStage.abandon(member, last);
        if (last) {
            closeListener(listener);
        } else {
            acceptStage.passOn(listener);
        }
        release(member.socket());
    }

    /** Nobody can accept any more. */
    private void closeListener(Listener listener) {
        listener.node().ports().unlisten(listener);
        listener.node().ports().unbind(listener.port(), listener.boundAs(), listener.families());
        acceptStage.bequeath(listener);
        acceptStage.resetDeferred(listener);
        while (!listener.queue().isEmpty()) {
            final GuestSocket connection = listener.queue().poll();
            if (connection.awaitingAccept()) {
                localPath.reset(connection);
            } else if (connection.role() == GuestSocket.Role.STREAM) {
                connection.transport().close(connection, true);
            }
        }
        closeWaiting(listener);
    }

    /** Connects that found its backlog full. */
    private void closeWaiting(Listener listener) {
        for (GuestSocket client : List.copyOf(listener.waitingConnects())) {
            final Listener heir = AcceptStage.heir(listener, client.remoteAddress());
            if (heir != null) {
                waitingConnects.move(client, heir);
                acceptStage.advance(heir);
                continue;
            }
            waitingConnects.forget(client);
            if (client.role() == GuestSocket.Role.CONNECTING) {
                ConnectionSetup.refuse(client, Errno.ECONNREFUSED);
            }
        }
    }

    /** More processes may accept from now on. */
    void onShare(Listener listener) {
        listener.shares(listener.shares() + 1);
        acceptStage.passOn(listener);
    }

    /** The last process let go of a placeholder that stood for a listener. */
    void onShareReleased(Listener listener) {
        listener.shares(listener.shares() - 1);
        if (listener.shares() == 0) {
            for (ListenerMember member : List.copyOf(listener.members())) {
                close(member.socket(), false);
            }
            if (listener.node().ports().isListening(listener)) {
                closeListener(listener);
            }
        }
    }

    /** Gives back everything a socket holds: ports, rings, slot. */
    void release(GuestSocket socket) {
        if (socket.role() == GuestSocket.Role.RELEASED) {
            return;
        }
        acceptStage.forget(socket);
        waitingConnects.forget(socket);
        final PortSpace ports = socket.space().node().ports();
        if (socket.flowHeld()) {
            ports.disconnect(socket.localPort(), socket.remoteAddress(), socket.remotePort());
            socket.flowHeld(false);
        }
        if (socket.boundAs() != null) {
            ports.unbind(socket.localPort(), socket.boundAs(), socket.families());
            socket.boundAs(null);
        }
        if (socket.role() == GuestSocket.Role.DATAGRAM && socket.localPort() != 0) {
            socket.space().node().datagramPorts().unbind(socket, socket.localPort());
        }
        socket.space().release(socket);
    }
}
