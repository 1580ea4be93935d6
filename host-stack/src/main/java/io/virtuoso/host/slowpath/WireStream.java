package io.virtuoso.host.slowpath;

import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.net.WireConnection;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ReceiveRing;
import io.virtuoso.host.socket.RingPool;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.host.socket.SocketMove;
import io.virtuoso.host.socket.StreamTransport;
import io.virtuoso.host.socket.TransmitRing;
import io.virtuoso.host.tcp.ReceiveBuffer;
import io.virtuoso.host.tcp.SendBuffer;
import io.virtuoso.host.tcp.TcpConnection;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A socket whose bytes travel as segments: lends the guest's rings to TCP, and brings commands and events across. TCP
 * sends straight from the transmit ring and writes what arrives straight into the receive ring. That is only as large
 * as what lies in it: the window offers what it could become. Stack thread only.
 */
final class WireStream implements StreamTransport, SendBuffer, ReceiveBuffer, TcpEvents {
    /** Window offered before and at the beginning of a connection. */
    static final int INITIAL_RECEIVE_BYTES = 1 << 16;

    /** First transmit ring, if memory is plenty: more than the first flights of a connection (RFC 6928). */
    private static final int FIRST_SEND_BYTES = 1 << 16;

    /** So many first transmit rings must fit into the memory that is left. */
    private static final int FIRST_SHARERS = 4096;

    /** Holds an initial window. */
    private static final int IDLE_SEND_BYTES = 1 << 14;

    private static final int GROWTH_FACTOR = 4;
    private static final int MAX_ROUNDS = 16;

    private final TcpWireService service;
    private GuestSocket socket;
    private WireConnection connection;
    /** Counts this handshake. */
    private Listener listener;

    private boolean buffersDone;
    private long sendBias;
    private long receiveBias;
    private boolean commitPending;
    /** What the receive buffer may hold, as tuned or as the guest set it; the ring follows what is in it. */
    private int window = INITIAL_RECEIVE_BYTES;

    private long roomWanted = Long.MAX_VALUE;

    WireStream(TcpWireService service) {
        this.service = service;
    }

    void connection(WireConnection newConnection) {
        connection = newConnection;
    }

    /** A peer has begun to connect. */
    void opening(Listener by) {
        listener = by;
        by.addHandshakes(1);
    }

    private void endHandshake() {
        if (listener != null) {
            listener.addHandshakes(-1);
            listener = null;
        }
    }

    void socket(GuestSocket newSocket) {
        socket = newSocket;
        newSocket.transport(this);
    }

    // Commands of the guest

    /** With a long round trip everything under way lies in the ring. */
    @Override
    public int largestRing() {
        return RingPool.CHUNK_BYTES;
    }

    @Override
    public int idleRing() {
        return IDLE_SEND_BYTES;
    }

    @Override
    public void onDataToSend(GuestSocket from) {
        final TransmitRing tx = from.transmit();
        growIfTooSmall(tx);
        for (int round = 0; round < MAX_ROUNDS; round++) {
            if (!tx.refresh()) {
                from.space().fault(EndReason.BAD_CURSOR);
                return;
            }
            if (buffersDone) {
                return;
            }
            final boolean isMoreToSend = connection.onDataToSend(service.now());
            tx.publish();
            VarHandle.fullFence();
            if (tx.takeWriteNotice()) {
                from.space().ready(from, Event.READY_WRITE);
            }
            if (isMoreToSend) {
                break;
            }
            if (!tx.hasMore()) {
                return;
            }
        }
        service.lookAgain(this);
    }

    /**
     * Offers a larger ring when the present one holds TCP back: the guest had to wait for room, and meanwhile the
     * windows would have let out more than the third of a ring for which a guest waits. Without that a program that
     * never writes more than fits would keep the ring with which it began, however long the path is.
     */
    private void growIfTooSmall(TransmitRing tx) {
        if (!buffersDone && tx.wasFull() && connection.tcp().idleWindow() > tx.capacity() / 3) {
            final long wanted = (long) tx.capacity() * GROWTH_FACTOR;
            tx.offerShare((int) Math.min(wanted, Math.min(socket.sendLimit(), largestRing())), TransmitRing.SHARERS);
        }
    }

    @Override
    public void onRoomMade(GuestSocket by) {
        if (!buffersDone) {
            connection.onRoomMade(service.now());
            askForRoomNotice();
        }
    }

    @Override
    public void shutdownRead(GuestSocket by) {
        by.readShut(true);
        connection.shutdownRead();
    }

    @Override
    public void shutdownWrite(GuestSocket by) {
        if (!by.writeShut() && !buffersDone) {
            by.writeShut(true);
            by.addState(State.WRITE_CLOSED);
            onDataToSend(by);
            connection.shutdownWrite(service.now());
        }
    }

    @Override
    public void close(GuestSocket by, boolean abort) {
        by.closed(true);
        if (buffersDone) {
            service.sockets().release(by);
        } else if (abort || !by.transmit().refresh()) {
            connection.abort(service.now());
        } else {
            connection.close(service.now());
        }
    }

    /** The policy forbids the connection: both ends see a reset. */
    void cut() {
        if (socket != null && !socket.closed()) {
            service.sockets().refuse(socket, Errno.ECONNRESET);
        }
        connection.abort(service.now());
    }

    /** TCP's positions go on; those of the new rings begin at 0. */
    @Override
    public boolean moveTo(GuestSocket from, GuestSocket heir) {
        onDataToSend(from);
        if (!SocketMove.takeUnsent(from, heir) || !heir.receive().takeOver(from.receive())) {
            return false;
        }
        receiveBias += from.receive().head();
        sendBias += from.transmit().head();
        socket = heir;
        heir.role(GuestSocket.Role.STREAM);
        heir.transport(this);
        heir.takeLimits(from);
        heir.showReceiveBuffer(window);
        heir.transmit().offerShare(FIRST_SEND_BYTES, FIRST_SHARERS);
        heir.readShut(from.readShut());
        heir.writeShut(from.writeShut());
        heir.takeState(from);
        roomWanted = Long.MAX_VALUE;
        if (!buffersDone) {
            askForRoomNotice();
        }
        return true;
    }

    @Override
    public void setOption(GuestSocket of, int option, long value) {
        if (!buffersDone) {
            if (option == Option.RECEIVE_BUFFER && of.role() == GuestSocket.Role.STREAM) {
                window(of.receiveBufferSet());
                onRoomMade(of);
            }
            WireOptions.apply(connection, option, value, service.now());
        }
    }

    private void window(int bytes) {
        window = Math.min(bytes, service.maxReceiveBytes(socket));
        socket.showReceiveBuffer(window);
    }

    @Override
    public void describe(GuestSocket of, SocketInfo info) {
        WireOptions.describe(connection.tcp(), info);
    }

    // Rings, as TCP sees them

    @Override
    public long tail() {
        return socket.transmit().tail() + sendBias;
    }

    @Override
    public void copyTo(long cursor, int length, ByteBuffer target, int targetOffset) {
        socket.transmit().copyTo(cursor - sendBias, length, target, targetOffset);
        noteSent(cursor + length);
    }

    /** TCP takes bytes to send them, at once. */
    private void noteSent(long end) {
        final TransmitRing tx = socket.transmit();
        if (tx.sent(end - sendBias) && !socket.closed()) {
            VarHandle.fullFence();
            if (tx.takeWriteNotice()) {
                socket.space().ready(socket, Event.READY_WRITE);
            }
        }
    }

    @Override
    public boolean locate(long cursor, int length, SendBuffer.Places places) {
        final boolean there = socket.transmit().locate(cursor - sendBias, length, places);
        if (there) {
            noteSent(cursor + length);
        }
        return there;
    }

    /** The guest adopts a larger ring when the present one is empty (docs/adr/0003), and does not write until then. */
    @Override
    public boolean isDraining() {
        return socket.transmit().isOfferOpen();
    }

    /** What the guest's rate allows; when it is used up, the rest leaves in one of the guest's next turns. */
    @Override
    public long mayLeave() {
        final long bytes = socket.space().node().turn().sendable(service.now());
        if (bytes == 0) {
            service.lookAgain(this);
        }
        return bytes;
    }

    @Override
    public void release(long cursor) {
        final TransmitRing tx = socket.transmit();
        tx.release(cursor - sendBias);
        tx.publishHead();
        if (!socket.closed()) {
            VarHandle.fullFence();
            if (tx.takeWriteNotice()) {
                socket.space().ready(socket, Event.READY_WRITE);
            }
        }
    }

    @Override
    public long head() {
        if (!socket.receive().refresh()) {
            socket.space().fault(EndReason.BAD_CURSOR);
        }
        return socket.receive().head() + receiveBias;
    }

    @Override
    public int capacity() {
        final ReceiveRing rx = socket.receive();
        return rx.capacity() >= window ? window : Math.min(window, Math.max(rx.capacity(), rx.affordable(window)));
    }

    @Override
    public void tune(int bytes) {
        if (socket.receiveBufferSet() == 0 && bytes > window) {
            window(bytes);
        }
    }

    @Override
    public int makeRoom(long cursor, int length) {
        final ReceiveRing rx = socket.receive();
        final long end = cursor - receiveBias + length;
        if (end - rx.head() > rx.capacity()) {
            head();
            rx.grow((int) (end - rx.head()));
        }
        return Math.clamp(rx.head() + rx.capacity() - (end - length), 0, length);
    }

    @Override
    public void write(long cursor, ByteBuffer source, int sourceOffset, int length) {
        socket.receive().write(cursor - receiveBias, source, sourceOffset, length);
    }

    @Override
    public void commit(long cursor) {
        socket.receive().commit(cursor - receiveBias);
        socket.receive().publish();
        if (!commitPending) {
            commitPending = true;
            service.committed(this);
        }
    }

    /** Tells the guest of everything that a burst of segments brought. */
    void notifyCommitted() {
        commitPending = false;
        if (socket.role() == GuestSocket.Role.RELEASED) {
            return;
        }
        if (!buffersDone) {
            askForRoomNotice();
        }
        VarHandle.fullFence();
        if (socket.receive().takeReadNotice()) {
            socket.space().ready(socket, Event.READY_READ);
        }
    }

    /** Asks the guest for a notice when TCP has a window to reopen. */
    private void askForRoomNotice() {
        final ReceiveRing rx = socket.receive();
        final long wanted = connection.tcp().roomWanted();
        if (wanted != roomWanted) {
            roomWanted = wanted;
            rx.wantRoomAt(wanted == Long.MAX_VALUE ? wanted : wanted - receiveBias);
            VarHandle.fullFence();
            if (wanted != Long.MAX_VALUE && head() >= wanted) {
                connection.onRoomMade(service.now());
            }
        }
    }

    // What TCP tells

    @Override
    public void established(TcpConnection tcp) {
        endHandshake();
        if (socket == null && !service.openAccepted(this, connection)) {
            service.abortLater(connection);
            tcp.attachBuffers(DiscardedStream.INSTANCE, DiscardedStream.INSTANCE);
            return;
        }
        window(socket.receiveBufferSet() != 0 ? socket.receiveBufferSet() : INITIAL_RECEIVE_BYTES);
        socket.transmit().offerShare(FIRST_SEND_BYTES, FIRST_SHARERS);
        tcp.attachBuffers(this, this);
        askForRoomNotice();
        socket.role(GuestSocket.Role.STREAM);
        socket.addState(State.CONNECTED);
        service.announce(this);
    }

    GuestSocket socket() {
        return socket;
    }

    @Override
    public void peerClosed(TcpConnection tcp) {
        if (socket != null && !socket.closed()) {
            socket.addState(State.READ_CLOSED);
            socket.space().ready(socket, Event.READY_READ | Event.READY_STATE);
        }
    }

    @Override
    public void failed(TcpConnection tcp, int errno) {
        if (socket != null && !socket.closed()) {
            service.sockets().refuse(socket, errno);
        }
    }

    @Override
    public void buffersDone(TcpConnection tcp) {
        buffersDone = true;
        if (socket != null && socket.closed()) {
            service.sockets().release(socket);
        }
    }

    @Override
    public void closed(TcpConnection tcp) {
        endHandshake();
    }
}
