package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ListenerMember;

/** What a wire service does with guests' sockets. Stack thread only. */
public final class WireSockets {
    private final AcceptStage acceptStage;
    private final Teardown teardown;
    private ListenerMember opened;

    WireSockets(AcceptStage acceptStage, Teardown teardown) {
        this.acceptStage = acceptStage;
        this.teardown = teardown;
    }

    /**
     * Makes the socket for a connection from outside, in a process that accepts, or may do so.
     *
     * @return null if no slot is left
     */
    public GuestSocket open(Listener listener, int remoteAddress, int remotePort) {
        final ListenerMember member = listener.likely();
        if (member == null) {
            return null;
        }
        final GuestSocket socket = acceptStage.openServerSocket(member, remoteAddress, remotePort);
        if (socket != null) {
            socket.unaccepted(true);
            opened = member;
        }
        return socket;
    }

    /**
     * Hands on a socket that {@link #open} has just made.
     *
     * @return false if the socket is another
     */
    public boolean pushIfAccepted(GuestSocket socket) {
        final ListenerMember member = opened;
        opened = null;
        if (member == null) {
            return false;
        }
        acceptStage.deliver(socket, member);
        return true;
    }

    /** A connect failed. */
    public void refuse(GuestSocket socket, int errno) {
        ConnectionSetup.refuse(socket, errno);
    }

    /** Nothing more will happen on a closed socket: it goes. */
    public void release(GuestSocket socket) {
        teardown.release(socket);
    }
}
