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
     * Makes the socket for a connection from outside and shows it to a process that accepts.
     *
     * @return null if no process accepts at the moment, or no slot is left
     */
    public GuestSocket open(Listener listener, int remoteAddress, int remotePort) {
        final ListenerMember member = listener.choose();
        if (member == null) {
            return null;
        }
        final GuestSocket socket = acceptStage.openServerSocket(member, remoteAddress, remotePort);
        if (socket != null) {
            opened = member;
        }
        return socket;
    }

    /**
     * Shows a socket that {@link #open} has just made to the process that accepts it.
     *
     * @return false if the socket is another
     */
    public boolean pushIfAccepted(GuestSocket socket) {
        final ListenerMember member = opened;
        opened = null;
        if (member == null) {
            return false;
        }
        acceptStage.push(member, socket);
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
