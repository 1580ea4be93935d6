package io.virtuoso.host.slowpath;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.LocalPath;
import io.virtuoso.host.socket.SocketMove;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Sockets that several processes hold after a fork. The kernel counts the copies of a placeholder descriptor; the
 * control thread tells when the last is gone. Stack thread only.
 */
public final class SharedSockets {
    private final Long2ObjectHashMap<Shared> byId = new Long2ObjectHashMap<>();
    /** By sockets that wait for their processes to let go. */
    private final IdentityHashMap<GuestSocket, Shared> byLeft = new IdentityHashMap<>();

    private final Teardown teardown;
    private final LocalPath localPath;
    private final DatagramPath datagrams;

    /** Socket in use now; those that stood for it before wait for their processes to let go. */
    private static final class Shared {
        private GuestSocket socket;
        private Listener listener;
        private final List<GuestSocket> left = new ArrayList<>(0);

        private Shared(GuestSocket socket, Listener listener) {
            this.socket = socket;
            this.listener = listener;
        }
    }

    SharedSockets(Teardown teardown, LocalPath localPath, DatagramPath datagrams) {
        this.teardown = teardown;
        this.localPath = localPath;
        this.datagrams = datagrams;
    }

    /** A placeholder stands for a socket from now on; one is enough for each (EALREADY). @return 0 or an errno */
    public int share(GuestSocket socket, long shareId) {
        if (socket.shareId() != 0) {
            return Errno.EALREADY;
        }
        final Listener listener =
                socket.listener() == null ? null : socket.listener().listener();
        socket.shareId(shareId);
        byId.put(shareId, new Shared(socket, listener));
        if (listener != null) {
            teardown.onShare(listener);
        }
        return 0;
    }

    /** A process listens on a socket that was shared when it was only bound. */
    void onListen(GuestSocket socket) {
        final Shared shared = byId.get(socket.shareId());
        if (shared != null && shared.listener == null) {
            shared.listener = socket.listener().listener();
            teardown.onShare(shared.listener);
        }
    }

    /** The last copy of a placeholder is gone. */
    public void released(long shareId) {
        final Shared shared = byId.remove(shareId);
        if (shared == null) {
            return;
        }
        if (shared.listener != null) {
            teardown.onShareReleased(shared.listener);
        } else {
            shared.left.forEach(byLeft::remove);
            shared.left.forEach(teardown::abandon);
            if (shared.socket.shareId() == shareId) {
                shared.socket.shareId(0); // it lingers like any other, also if it was closed before
                teardown.close(shared.socket, false);
            }
        }
    }

    /**
     * Lets another attachment of the guest use a socket. A listener gets another member; a connection or a UDP socket
     * moves to the process that took it last: EAGAIN if that is not possible yet.
     */
    public Adoption adopt(SocketSpace space, long shareId) {
        final Shared shared = byId.get(shareId);
        if (shared == null) {
            return Adoption.refused(Errno.EBADF);
        }
        if (!shared.socket.space().node().equals(space.node())) {
            return Adoption.refused(Errno.EACCES);
        }
        if (shared.listener != null) {
            return answer(ConnectionSetup.join(shared.listener, space));
        }
        return switch (shared.socket.role()) {
            case STREAM, DATAGRAM -> move(shared, space);
            case IDLE -> moveBound(shared, space);
            default -> Adoption.refused(Errno.EOPNOTSUPP);
        };
    }

    /** A socket that is only bound serves the process that took it last: that one may listen. */
    private Adoption moveBound(Shared shared, SocketSpace space) {
        final GuestSocket from = shared.socket;
        final GuestSocket heir = from.boundAs() == null ? null : space.openHostSlot(0);
        if (heir == null) {
            return Adoption.refused(from.boundAs() == null ? Errno.EOPNOTSUPP : Errno.ENOBUFS);
        }
        heir.local(from.localAddress(), from.localPort());
        heir.boundAs(from.boundAs());
        heir.families(from.families());
        from.boundAs(null);
        replace(shared, heir);
        return answer(heir);
    }

    /** The one that stood for the socket before waits for its process to let go. */
    private void replace(Shared shared, GuestSocket heir) {
        final GuestSocket from = shared.socket;
        heir.shareId(from.shareId());
        from.shareId(0);
        shared.socket = heir;
        if (from.space().isGuestGone()) {
            localPath.discard(from);
        } else {
            shared.left.removeIf(this::isReleased);
            shared.left.add(from);
            byLeft.put(from, shared);
        }
    }

    private boolean isReleased(GuestSocket left) {
        final boolean released = left.role() == GuestSocket.Role.RELEASED;
        if (released) {
            byLeft.remove(left);
        }
        return released;
    }

    /**
     * Where a process's command is to be obeyed that it gave before it could know that another one took the socket.
     *
     * @return the socket that stands for it now, or itself
     */
    GuestSocket present(GuestSocket socket) {
        final Shared shared = byLeft.get(socket);
        return shared == null || shared.socket.role() == GuestSocket.Role.RELEASED ? socket : shared.socket;
    }

    /** UDP sockets of a process that ended send what it wrote, and serve the process again that had them before. */
    public void guestGone(SocketSpace space) {
        for (Shared shared : byId.values()) {
            if (shared.socket.space() == space && shared.socket.role() == GuestSocket.Role.DATAGRAM) {
                datagrams.pump(shared.socket);
                giveBack(shared);
            }
        }
    }

    private void giveBack(Shared shared) {
        for (int i = shared.left.size() - 1; i >= 0; i--) {
            final GuestSocket before = shared.left.get(i);
            if (!before.space().isGuestGone() && before.role() != GuestSocket.Role.RELEASED) {
                final GuestSocket ended = shared.socket;
                datagrams.giveBack(ended, before);
                before.shareId(ended.shareId());
                ended.shareId(0);
                shared.left.remove(i);
                byLeft.remove(before);
                shared.socket = before;
                localPath.discard(ended);
                return;
            }
        }
    }

    private Adoption move(Shared shared, SocketSpace space) {
        final GuestSocket from = shared.socket;
        if (from.awaitingAccept()) {
            return Adoption.refused(Errno.EAGAIN); // whoever accepts it looks for this socket
        }
        final GuestSocket heir = space.openHostSlot(0);
        if (heir == null) {
            return Adoption.refused(Errno.ENOBUFS);
        }
        heir.local(from.localAddress(), from.localPort());
        heir.remote(from.remoteAddress(), from.remotePort());
        heir.options().inherit(from.options());
        final boolean datagram = from.role() == GuestSocket.Role.DATAGRAM;
        SocketMove.begin(from);
        if (!(datagram ? datagrams.moveTo(from, heir) : from.transport().moveTo(from, heir))) {
            SocketMove.cancel(from);
            localPath.discard(heir);
            return Adoption.refused(Errno.EAGAIN);
        }
        heir.flowHeld(from.flowHeld());
        from.flowHeld(false);
        if (datagram) {
            SocketMove.end(from, 0, State.FAILED);
        } else if (!from.space().isGuestGone()) {
            localPath.orphan(from);
        }
        replace(shared, heir);
        return answer(heir);
    }

    private static Adoption answer(GuestSocket socket) {
        return socket == null ? Adoption.refused(Errno.ENOBUFS) : Adoption.done(socket.index(), socket.generation());
    }
}
