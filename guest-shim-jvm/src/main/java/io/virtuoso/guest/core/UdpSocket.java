package io.virtuoso.guest.core;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One UDP socket of this JVM at the host stack (RFC 768).
 *
 * <p>Data calls never block. At most one thread at a time receives and one sends: callers hold locks of their own.
 * {@link #close} is called when no data call is under way, {@link #connect} and {@link #disconnect} neither. Everything
 * else may be called by any thread at any time.
 */
public final class UdpSocket extends HostSocket {
    /** Result of sending and receiving: it would have to wait. */
    public static final int NOT_NOW = -1;

    private final UdpControl control;
    private final UdpPath path = new UdpPath(home());
    private final AtomicInteger errorsSeen = new AtomicInteger();
    private volatile Way lastWay;

    /**
     * A socket that the host stack does not know yet.
     *
     * @param ipv4Only any address is to be IPv4's only
     */
    public UdpSocket(boolean ipv4Only) {
        boolean dual = !ipv4Only && !Routing.isIpv4Stack();
        control = new UdpControl(this, Link.get(), dual, home(), waits());
    }

    // ---- names -------------------------------------------------------------------------------

    /** Where an address lies; attaches to the host stack if that has not happened yet. */
    public Place placeOf(InetAddress address) {
        return control.placeOf(address);
    }

    /** Whether the host stack has it: {@link #open} was successful. */
    public boolean isOpen() {
        return control.isOpen();
    }

    /** Whether there is a host stack, but of a version that has no UDP. */
    public boolean hostStackLacksUdp() {
        return control.hostStackLacksUdp();
    }

    /** Whether its port was asked for. */
    public boolean isNamed() {
        return control.isNamed();
    }

    /**
     * Takes a port.
     *
     * @param address the wildcard (also as null) or the guest's own
     * @param port 0: any
     * @throws IOException a BindException if the address is not this guest's or the port is taken
     */
    public void open(InetAddress address, int port) throws IOException {
        control.open(address, port);
    }

    /** Whether a socket of this guest would receive what this one sends to a loopback address. */
    public boolean reachesLoopback(InetSocketAddress to) {
        return control.reachesLoopback(to);
    }

    /** Gives the port back; the socket is as if new. */
    public void giveUp() {
        control.giveUp();
    }

    /** From now on datagrams go to this peer and come from it only; what has come is thrown away. */
    public void connect(InetSocketAddress to) throws IOException {
        SlotUse now = control.usable();
        control.connect(wayTo(now, to));
        path.discard(now);
    }

    /** The peer is no longer the only one; the port stays. */
    public void disconnect() throws IOException {
        control.usable();
        control.disconnect();
    }

    /** The own address; null before {@link #open}. */
    public InetSocketAddress localAddress() {
        return control.localAddress();
    }

    // ---- data --------------------------------------------------------------------------------

    /**
     * Receives a datagram, as much of it as there is room for.
     *
     * @return bytes, or NOT_NOW
     * @throws IOException a PortUnreachableException if the peer's port is closed
     */
    public int receive(ByteBuffer dst) throws IOException {
        SlotUse now = ready(true);
        int payload = now == null ? NOT_NOW : path.next(now);
        if (payload == NOT_NOW) {
            return NOT_NOW;
        }
        int count = UdpPath.copy(now, 0, payload, dst);
        path.take(now, payload);
        return count;
    }

    /** Receives into several buffers; see {@link #receive(ByteBuffer)}. */
    public int receive(ByteBuffer[] dsts, int offset, int length) throws IOException {
        SlotUse now = ready(true);
        int payload = now == null ? NOT_NOW : path.next(now);
        if (payload == NOT_NOW) {
            return NOT_NOW;
        }
        int count = 0;
        for (int i = offset; i < offset + length; i++) {
            count += UdpPath.copy(now, count, payload, dsts[i]);
        }
        path.take(now, payload);
        return count;
    }

    /** Who sent the datagram received last. */
    public InetSocketAddress source() {
        Way peer = control.peer();
        return peer != null ? peer.to() : path.source();
    }

    /**
     * Sends what remains of a buffer as one datagram.
     *
     * @param to null: the peer
     * @return bytes, or NOT_NOW
     * @throws IOException why it cannot be sent; a PortUnreachableException if the peer's port was found closed before
     */
    public int send(ByteBuffer src, InetSocketAddress to) throws IOException {
        SlotUse now = ready(false);
        int payload = src.remaining();
        boolean begun = to == null
                ? path.begin(now, control.peer(), payload, Errnos.Operation.WRITE)
                : path.begin(now, wayTo(now, to), payload, Errnos.Operation.CONTROL);
        if (!begun) {
            return NOT_NOW;
        }
        UdpPath.add(now, 0, src);
        path.end(now, payload);
        src.position(src.limit());
        return payload;
    }

    /** Sends what remains of several buffers to the peer as one datagram; see {@link #send(ByteBuffer, InetSocketAddress)}. */
    public int send(ByteBuffer[] srcs, int offset, int length) throws IOException {
        SlotUse now = ready(false);
        long payload = 0;
        for (int i = offset; i < offset + length; i++) {
            payload += srcs[i].remaining();
        }
        if (!path.begin(now, control.peer(), payload, Errnos.Operation.WRITE)) {
            return NOT_NOW;
        }
        int done = 0;
        for (int i = offset; i < offset + length; i++) {
            int bytes = srcs[i].remaining();
            UdpPath.add(now, done, srcs[i]);
            srcs[i].position(srcs[i].limit());
            done += bytes;
        }
        path.end(now, done);
        return done;
    }

    /** The socket's place at the host stack, after errors were reported. @return null: only when it is worth waiting */
    private SlotUse ready(boolean receiving) throws IOException {
        if (receiving && control.waitsForHostStack()) {
            return null;
        }
        SlotUse now = control.usable();
        int errno = takeError(now);
        if (errno == Errno.ECONNREFUSED) {
            if (control.peer() != null) {
                throw new PortUnreachableException();
            }
        } else if (errno != 0) {
            throw Errnos.exception(errno, Errnos.Operation.CONTROL);
        }
        return now;
    }

    private Way wayTo(SlotUse now, InetSocketAddress to) throws IOException {
        Way peer = control.peer();
        if (peer != null && peer.to() == to) {
            return peer;
        }
        Way last = lastWay;
        if (last == null || last.attachment() != now.attachment() || !last.to().equals(to)) {
            last = control.wayTo(now.attachment(), to);
            lastWay = last;
        }
        return last;
    }

    // ---- errors and readiness ----------------------------------------------------------------

    /** The error that was not reported yet; 0: none. */
    private int takeError(SlotUse now) {
        int seen = errorsSeen.get();
        int count = now.errorCount();
        return count != seen && errorsSeen.compareAndSet(seen, count) ? now.error() : 0;
    }

    /** A new use of a slot counts from 0. */
    void forgetErrors() {
        errorsSeen.set(0);
    }

    @Override
    public int readiness(int interest) {
        if (control.isClosed()) {
            return interest | HANGUP;
        }
        SlotUse now = use();
        if (now == null || now.attachment().isDead()) {
            return control.isOpen() && !control.isNamed() ? interest | ERROR : interest & WRITE;
        }
        int ready = 0;
        if ((interest & READ) != 0 && SocketState.readable(now)) {
            ready |= READ;
        }
        if ((interest & WRITE) != 0 && now.transmit().writable()) {
            ready |= WRITE;
        }
        return now.errorCount() != errorsSeen.get() ? interest | ERROR : ready;
    }

    @Override
    SlotUse use() {
        return control.use();
    }

    @Override
    void comeBack(Attachment attachment) {
        control.comeBack(attachment);
    }

    // ---- end and options ---------------------------------------------------------------------

    @Override
    public void close() {
        control.close();
    }

    @Override
    public <T> void setOption(SocketOption<T> name, T value) {
        control.setOption(name, value);
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        return control.getOption(name);
    }

    /** Whether datagrams to all stations of a network are permitted. */
    public boolean mayBroadcast() {
        return getOption(StandardSocketOptions.SO_BROADCAST);
    }

    /** What can be set and has its effect. */
    public static Set<SocketOption<?>> supportedOptions() {
        return UdpOptions.SUPPORTED;
    }
}
