package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ListenerMember;

/** What a wire service does with guests' sockets. Stack thread only. */
public final class WireSockets {
    private final AcceptStage acceptStage;
    private final Teardown teardown;

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
            acceptStage.push(member, socket);
        }
        return socket;
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
