package io.virtuoso.host.socket;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import java.lang.invoke.VarHandle;

/**
 * Connections between guests of this host: one copy from the sender's transmit ring to the receiver's receive ring, no
 * segments, with TCP's meaning of back-pressure, half close, reset and close. Stack thread only.
 */
public final class LocalPath implements StreamTransport {
    /** Rounds for one socket before others get their turn. */
    private static final int MAX_ROUNDS = 4;

    /** A receive ring that was found full is replaced by one this much larger. */
    private static final int GROWTH_FACTOR = 4;

    /** A first transmit ring is smaller if not so many would fit into the memory that is left. */
    private static final int FIRST_SHARERS = 4096;

    /** Rings do not grow beyond this by themselves: what is under way should stay in the cores' caches. */
    private static final int MAX_GROWN_BYTES = 1 << 18;

    private final SocketReleaser releaser;
    private final Ledger ledger;
    private DeferralListener deferrals = client -> {};
    private LocalTap tap;
    private long bytesMoved;
    private long moves;

    /** Lets go of everything a socket holds outside its rings. */
    @FunctionalInterface
    public interface SocketReleaser {
        void release(GuestSocket socket);
    }

    /** Is told of the first data, or the end, of a connection that was deferred. */
    @FunctionalInterface
    public interface DeferralListener {
        void onFirstData(GuestSocket client);
    }

    /** @param ledger charges each copy to the guest whose bytes it moves */
    public LocalPath(SocketReleaser releaser, Ledger ledger) {
        this.releaser = releaser;
        this.ledger = ledger;
    }

    /** Says who notes what is copied from now on, if not null. */
    public void capture(CaptureTap newTap) {
        tap = newTap == null ? null : new LocalTap(newTap);
    }

    private void note(GuestSocket from, int flags) {
        if (tap != null && from.peer() != null) {
            tap.segment(from, flags);
        }
    }

    /** Names who is told of deferred connections. */
    public void deferrals(DeferralListener listener) {
        deferrals = listener;
    }

    /** @return bytes copied between guests since the start */
    public long bytesMoved() {
        return bytesMoved;
    }

    /** @return copies made since the start */
    public long moves() {
        return moves;
    }

    /**
     * Links two sockets into an established connection. Both are told.
     *
     * @param client has its names set, and may already have written (if it waited to be accepted)
     * @param server fresh
     */
    public void establish(GuestSocket client, GuestSocket server) {
        client.space().node().account().connected();
        server.space().node().account().accepted();
        client.peer(server);
        server.peer(client);
        server.role(GuestSocket.Role.STREAM);
        server.transport(this);
        offerFirst(server);
        showReceiveBuffer(server);
        server.addState(State.CONNECTED);
        note(client, TcpHeader.SYN);
        note(server, TcpHeader.SYN | TcpHeader.ACK);
        openClient(client);
    }

    /** Shows a client that its connection is established. */
    public void openClient(GuestSocket client) {
        if (client.role() != GuestSocket.Role.STREAM) {
            client.role(GuestSocket.Role.STREAM);
            client.transport(this);
            offerFirst(client);
            showReceiveBuffer(client);
            client.addState(State.CONNECTED);
            client.space().ready(client, Event.READY_STATE | Event.READY_WRITE);
        }
    }

    /** A ring that was filled is replaced once it is empty, which takes somebody who accepts: so the first one is large. */
    private static void offerFirst(GuestSocket socket) {
        final int bytes = socket.awaitingAccept()
                ? SocketSpace.LARGEST_FIRST_RING
                : socket.space().firstRing();
        socket.transmit().offerShare(Math.min(socket.sendLimit(), bytes), FIRST_SHARERS);
    }

    /** As the program set it, else what the receive ring may become. */
    private static int receiveBuffer(GuestSocket socket) {
        return Math.min(
                socket.receiveBufferSet() != 0 ? socket.receiveBufferSet() : socket.receiveLimit(), MAX_GROWN_BYTES);
    }

    private static void showReceiveBuffer(GuestSocket socket) {
        socket.showReceiveBuffer(receiveBuffer(socket));
    }

    @Override
    public boolean moveTo(GuestSocket from, GuestSocket heir) {
        pump(from);
        if (!SocketMove.takeUnsent(from, heir) || !heir.receive().takeOver(from.receive())) {
            return false;
        }
        if (from.peer() != null) {
            from.peer().peer(heir);
            heir.peer(from.peer());
            from.peer(null);
        }
        heir.role(GuestSocket.Role.STREAM);
        heir.transport(this);
        heir.takeLimits(from);
        showReceiveBuffer(heir);
        heir.transmit().offer(RingPool.MIN_RING_BYTES);
        heir.readShut(from.readShut());
        heir.writeShut(from.writeShut());
        heir.finDelivered(from.finDelivered());
        heir.takeState(from);
        if (heir.peer() != null) {
            pump(heir.peer());
        }
        if (heir.transmit().pending() > 0) {
            pump(heir);
        }
        return true;
    }

    /** A socket whose connection went to another process: whoever still uses it finds it moved. */
    public void orphan(GuestSocket socket) {
        socket.transport(this);
        SocketMove.end(socket, Errno.ECONNRESET, State.FAILED | State.READ_CLOSED | State.WRITE_CLOSED);
        socket.space().ready(socket, Event.READY_READ | Event.READY_WRITE | Event.READY_STATE);
    }

    /** Releases a socket that its guest does not know, or that was moved. */
    public void discard(GuestSocket socket) {
        releaser.release(socket);
    }

    @Override
    public int largestRing() {
        return MAX_GROWN_BYTES;
    }

    @Override
    public int idleRing() {
        return RingPool.MIN_RING_BYTES;
    }

    @Override
    public void onDataToSend(GuestSocket socket) {
        pump(socket);
    }

    /** There are no segments that an option could shape, and no time that a probe could measure. */
    @Override
    public void setOption(GuestSocket socket, int option, long value) {
        if (option == Option.RECEIVE_BUFFER) {
            showReceiveBuffer(socket);
        }
    }

    @Override
    public void describe(GuestSocket socket, SocketInfo info) {
        info.path = SocketInfo.PATH_LOCAL;
        info.tcpState = LocalTcpState.of(socket);
        info.bytesSent = socket.transmit().head();
        info.bytesAcked = socket.transmit().head();
        info.bytesReceived = socket.receive().tail();
        info.receiveWindow = receiveBuffer(socket);
        info.sendUnsent = (int) socket.transmit().pending();
    }

    /** Moves what a socket has written, as far as its peer has room. */
    public void pump(GuestSocket from) {
        final TransmitRing tx = from.transmit();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            if (!tx.refresh()) {
                from.space().fault(EndReason.BAD_CURSOR);
                return;
            }
            if (from.deferred() && (tx.pending() > 0 || from.writeShut())) {
                endDeferral(from);
                return;
            }
            final GuestSocket to = from.peer();
            if (to == null && !from.awaitingAccept()) {
                onWriteToNobody(from);
                return;
            }
            if (to != null && tx.pending() > 0 && (to.closed() || to.readShut() && to.writeShut())) {
                refuseData(to);
                return;
            }
            final boolean moved = to != null && move(from, to);
            tx.publish();
            if (moved) {
                to.receive().publish();
            }
            VarHandle.fullFence();
            if (moved && to.receive().takeReadNotice()) {
                to.space().ready(to, Event.READY_READ);
            }
            if (tx.takeWriteNotice()) {
                from.space().ready(from, Event.READY_WRITE);
            }
            if (!tx.hasMore()) {
                finish(from);
                return;
            }
        }
        from.space().node().turn().again(from);
    }

    private void endDeferral(GuestSocket client) {
        deferrals.onFirstData(client);
        if (client.role() == GuestSocket.Role.STREAM && client.awaitingAccept()) {
            pump(client);
        }
    }

    /** Moves what rates and room allow. When the sender, or the receiver, has used up its rate, the rest waits for its turn. */
    private boolean move(GuestSocket from, GuestSocket to) {
        final GuestTurn sender = from.space().node().turn();
        final GuestTurn receiver = to.space().node().turn();
        final TransmitRing tx = from.transmit();
        final ReceiveRing rx = to.receive();
        boolean moved = false;
        while (tx.pending() > 0) {
            if (!rx.refresh()) {
                to.space().fault(EndReason.BAD_CURSOR);
                return moved;
            }
            final long sendable = sender.sendable(ledger.sinceNs());
            final long receivable = receiver.receivable(ledger.sinceNs());
            if (sendable == 0 || receivable == 0) {
                (sendable == 0 ? sender : receiver).again(from);
                return moved;
            }
            if (rx.room() < tx.pending()) {
                growReceive(to, tx.pending());
            }
            final int length = (int) Math.min(Math.min(tx.pending(), rx.room()), Math.min(sendable, receivable));
            if (length == 0) {
                if (waitForRoom(to)) {
                    return moved;
                }
            } else {
                if (tap != null) {
                    tap.stream(from, tx.head(), length);
                }
                tx.copyTo(tx.head(), length, rx);
                tx.release(tx.head() + length);
                bytesMoved += length;
                moves++;
                from.space().node().account().sent(1, length);
                to.space().node().account().received(1, length);
                moved = true;
            }
        }
        return moved;
    }

    private static void growReceive(GuestSocket to, long pending) {
        final ReceiveRing rx = to.receive();
        final long needed = rx.unread() + pending;
        final long wanted = Math.max(needed, (long) rx.capacity() * GROWTH_FACTOR);
        rx.grow(rx.affordable((int) Math.min(wanted, Math.min(to.receiveLimit(), MAX_GROWN_BYTES))));
    }

    /** Asks for a notice when there is room. @return false if there is room by now */
    private static boolean waitForRoom(GuestSocket to) {
        final ReceiveRing rx = to.receive();
        final boolean mayGrow = (long) rx.capacity() * GROWTH_FACTOR <= Math.min(to.receiveLimit(), MAX_GROWN_BYTES);
        rx.wantRoomAt(mayGrow ? rx.tail() : rx.tail() - rx.capacity() / 2);
        VarHandle.fullFence();
        if (rx.refresh() && rx.room() > 0) {
            rx.wantNoRoom();
            return false;
        }
        return true;
    }

    /** The other end was closed: what TCP answers with a RST. */
    private static void onWriteToNobody(GuestSocket from) {
        final TransmitRing tx = from.transmit();
        if (tx.pending() > 0 && !from.is(State.FAILED)) {
            tx.release(tx.tail());
            tx.publish();
            from.fail(from.is(State.READ_CLOSED) ? Errno.EPIPE : Errno.ECONNRESET);
            from.space().ready(from, Event.READY_READ | Event.READY_WRITE | Event.READY_STATE);
        }
    }

    /** When all is delivered that a socket will ever send: its peer hears of the end, once, and what is closed goes. */
    private void finish(GuestSocket from) {
        final GuestSocket to = from.peer();
        if (!from.writeShut() || to == null || from.transmit().pending() > 0) {
            return;
        }
        if (!from.finDelivered()) {
            deliverFin(from, to);
        }
        if (from.closed()) {
            detach(from);
            releaser.release(from);
        }
    }

    private void deliverFin(GuestSocket from, GuestSocket to) {
        from.finDelivered(true);
        note(from, TcpHeader.FIN | TcpHeader.ACK);
        if (!to.closed()) {
            to.addState(State.READ_CLOSED);
            to.space().ready(to, Event.READY_READ | Event.READY_STATE);
        }
    }

    @Override
    public void shutdownRead(GuestSocket socket) {
        if (socket.writeShut()) {
            takeWhatWasSent(socket);
        }
        socket.readShut(true);
    }

    /** The last chance, before it refuses data, for what was written earlier. */
    private void takeWhatWasSent(GuestSocket socket) {
        final GuestSocket sender = socket.peer();
        if (sender != null) {
            ledger.charge(sender.space().node().account());
            pump(sender);
            ledger.charge(socket.space().node().account());
        }
    }

    @Override
    public void shutdownWrite(GuestSocket socket) {
        if (!socket.writeShut()) {
            if (socket.readShut()) {
                takeWhatWasSent(socket);
            }
            socket.writeShut(true);
            socket.addState(State.WRITE_CLOSED);
            pump(socket);
        }
    }

    /**
     * The guest closed the socket. Data it has written is still delivered, unless it left something unread or asked for
     * an abort: then the peer is reset (RFC 1122 4.2.2.13), if the connection is not over anyway.
     */
    @Override
    public void close(GuestSocket socket, boolean abort) {
        socket.closed(true);
        socket.writeShut(true);
        if (socket.awaitingAccept() && !abort) {
            if (socket.deferred()) {
                endDeferral(socket);
            }
            return;
        }
        final GuestSocket peer = socket.peer();
        final boolean sane = socket.receive().refresh() && socket.transmit().refresh();
        final boolean over = peer != null && socket.finDelivered() && peer.finDelivered();
        if (peer == null) {
            releaser.release(socket);
        } else if (!sane
                || socket.is(State.FAILED) // by a command that makes no sense, of which the peer knows nothing
                || (!over && (abort || socket.receive().unread() > 0 || hasWritten(peer)))) {
            reset(socket);
        } else {
            pump(socket);
        }
    }

    /** Also what its guest has not told of yet: on the kernel it would have arrived. */
    private static boolean hasWritten(GuestSocket peer) {
        if (!peer.transmit().refresh()) {
            peer.space().fault(EndReason.BAD_CURSOR);
        }
        return peer.transmit().pending() > 0;
    }

    /** Ends a connection at once; the peer gets an error, or the client itself if nobody ever accepted it. */
    public void reset(GuestSocket socket) {
        if (socket.awaitingAccept() && !socket.closed()) {
            socket.awaitingAccept(false);
            socket.fail(Errno.ECONNRESET);
            socket.space().ready(socket, Event.READY_READ | Event.READY_WRITE | Event.READY_STATE);
            return;
        }
        resetPeer(socket);
        releaser.release(socket);
    }

    private void resetPeer(GuestSocket socket) {
        final GuestSocket peer = socket.peer();
        if (peer == null) {
            return;
        }
        note(socket, TcpHeader.RST | TcpHeader.ACK);
        detach(socket);
        if (peer.closed()) {
            releaser.release(peer);
        } else {
            peer.fail(peer.is(State.READ_CLOSED) ? Errno.EPIPE : Errno.ECONNRESET);
            peer.space().ready(peer, Event.READY_READ | Event.READY_WRITE | Event.READY_STATE);
        }
    }

    /** Data comes for who has closed, or shut both halves: both ends see a reset (RFC 1122 4.2.2.13). */
    private void refuseData(GuestSocket to) {
        resetPeer(to);
        endByReset(to);
    }

    /** Ends a connection of a client in the middle: both ends see a reset. */
    public void cut(GuestSocket client) {
        final GuestSocket server = client.peer();
        client.awaitingAccept(false);
        if (server != null) {
            note(client, TcpHeader.RST | TcpHeader.ACK);
            detach(client);
            endByReset(server);
        }
        endByReset(client);
    }

    private void endByReset(GuestSocket socket) {
        if (socket.closed()) {
            releaser.release(socket);
        } else {
            socket.fail(Errno.ECONNRESET);
            socket.space().ready(socket, Event.READY_READ | Event.READY_WRITE | Event.READY_STATE);
        }
    }

    private static void detach(GuestSocket socket) {
        socket.peer().peer(null);
        socket.peer(null);
    }

    @Override
    public void onRoomMade(GuestSocket socket) {
        socket.receive().wantNoRoom();
        final GuestSocket sender = socket.peer();
        if (sender != null) {
            ledger.charge(sender.space().node().account());
            pump(sender);
        }
    }
}
