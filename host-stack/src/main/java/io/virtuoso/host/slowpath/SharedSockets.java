package io.virtuoso.host.slowpath;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Errno;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Sockets that several processes hold after a fork. The kernel counts the copies of a placeholder descriptor; the
 * control thread tells when the last is gone. Stack thread only.
 */
public final class SharedSockets {
    private final Long2ObjectHashMap<Shared> byId = new Long2ObjectHashMap<>();
    private final Teardown teardown;

    private record Shared(GuestSocket socket, Listener listener) {}

    SharedSockets(Teardown teardown) {
        this.teardown = teardown;
    }

    /** A placeholder stands for a socket from now on. @return 0 or an errno */
    public int share(GuestSocket socket, long shareId) {
        final Listener listener =
                socket.listener() == null ? null : socket.listener().listener();
        if (listener != null) {
            listener.shares(listener.shares() + 1);
        }
        socket.shareId(shareId);
        byId.put(shareId, new Shared(socket, listener));
        return 0;
    }

    /** The last copy of a placeholder is gone. */
    public void released(long shareId) {
        final Shared shared = byId.remove(shareId);
        if (shared == null) {
            return;
        }
        if (shared.listener != null) {
            teardown.onShareReleased(shared.listener);
        } else if (shared.socket.shareId() == shareId) {
            teardown.close(shared.socket, false);
        }
    }

    /**
     * Lets another attachment use a socket. Listeners only: a connection stays with the process that opened it.
     */
    public Adoption adopt(SocketSpace space, long shareId) {
        final Shared shared = byId.get(shareId);
        if (shared == null) {
            return Adoption.refused(Errno.EBADF);
        }
        if (shared.listener == null || !shared.listener.node().equals(space.node())) {
            return Adoption.refused(Errno.EOPNOTSUPP);
        }
        final GuestSocket member = ConnectionSetup.join(shared.listener, space);
        return member == null ? Adoption.refused(Errno.ENOBUFS) : Adoption.done(member.index(), member.generation());
    }
}
