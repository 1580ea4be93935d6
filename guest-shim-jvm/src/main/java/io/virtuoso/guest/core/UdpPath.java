package io.virtuoso.guest.core;

import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Datagrams in and out of one socket's rings. Never blocks for the peer. At most one thread at a time each way. */
final class UdpPath {
    /** The host stack takes what is written at once: so often it is looked for room. */
    private static final int TRIES = 2000;

    private final Home home;
    private final ByteBuffer sent = header();
    private final ByteBuffer received = header();
    private InetSocketAddress source;
    private long sourceHigh;
    private long sourceLow;
    private boolean sourceLoopback;

    UdpPath(Home home) {
        this.home = home;
    }

    private static ByteBuffer header() {
        return ByteBuffer.allocate(Datagram.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    // ---- receiving ---------------------------------------------------------------------------

    /** Looks at the next datagram. @return bytes of its payload, or NOT_NOW */
    int next(SlotUse use) {
        boolean any = use.receive().copy(received, 0, Datagram.BYTES, 0) == Datagram.BYTES;
        return any ? Datagram.payloadBytes(received, 0) : UdpSocket.NOT_NOW;
    }

    /** Copies payload of the datagram that was looked at into what remains of a buffer. @return bytes copied */
    static int copy(SlotUse use, int from, int payload, ByteBuffer dst) {
        int count = Math.min(payload - from, dst.remaining());
        if (count > 0) {
            count = use.receive().copy(dst, dst.position(), count, Datagram.BYTES + from);
            dst.position(dst.position() + count);
        }
        return count;
    }

    /** Takes the datagram that was looked at. */
    void take(SlotUse use, int payload) {
        consume(use, Datagram.recordBytes(payload));
    }

    /** Throws away all that has come. */
    void discard(SlotUse use) {
        long unread = use.receive().unread();
        if (unread > 0) {
            consume(use, (int) unread);
        }
    }

    private void consume(SlotUse use, int bytes) {
        if (use.receive().consume(bytes)) {
            home.post(Command.RX_ROOM, use, 0);
        }
    }

    /** Who sent the datagram that was looked at last. */
    InetSocketAddress source() {
        boolean loopback = (Datagram.flags(received, 0) & Datagram.LOOPBACK) != 0;
        long high = Datagram.addressHigh(received, 0);
        long low = Datagram.addressLow(received, 0);
        int port = Datagram.port(received, 0);
        boolean same = sourceHigh == high && sourceLow == low && sourceLoopback == loopback;
        if (source == null || !same || source.getPort() != port) {
            InetAddress address = Subnet6.address(high, low);
            source = new InetSocketAddress(loopback ? Subnet6.loopbackLike(address) : address, port);
            sourceHigh = high;
            sourceLow = low;
            sourceLoopback = loopback;
        }
        return source;
    }

    // ---- sending -----------------------------------------------------------------------------

    /**
     * Begins a datagram.
     *
     * @param operation for the exception
     * @return false: no room now
     * @throws IOException if it is longer than any may be, or the host stack gives no ring that holds it
     */
    boolean begin(SlotUse use, Way way, long payload, Errnos.Operation operation) throws IOException {
        if (payload > Datagram.MAX) {
            throw Errnos.exception(Errno.EMSGSIZE, operation);
        }
        int bytes = (int) payload;
        if (!reserve(use, Datagram.recordBytes(bytes))) {
            return false;
        }
        Datagram.write(sent, 0, bytes, way.high(), way.low(), way.port(), way.flags());
        use.transmit().put(sent, 0, Datagram.BYTES, 0);
        return true;
    }

    /** Adds what remains of a buffer to the datagram begun, behind so many bytes of payload. */
    static void add(SlotUse use, int behind, ByteBuffer src) {
        use.transmit().put(src, src.position(), src.remaining(), Datagram.BYTES + behind);
    }

    /** Sends the datagram begun. */
    void end(SlotUse use, int payload) {
        post(use, use.transmit().publish(Datagram.recordBytes(payload), 0));
    }

    private boolean reserve(SlotUse use, int record) throws IOException {
        TransmitSide transmit = use.transmit();
        for (int i = 0; i < TRIES && !use.attachment().isDead(); i++) {
            if (transmit.room() >= record) {
                return true;
            }
            post(use, transmit.publish(0, record)); // asks for a larger ring
            if (transmit.capacity() >= record) {
                return false;
            }
            Context.pause(i);
        }
        int errno = use.attachment().isDead() ? Errno.ENETDOWN : Errno.ENOBUFS;
        throw Errnos.exception(errno, Errnos.Operation.CONTROL);
    }

    private void post(SlotUse use, long notice) {
        if (notice != TransmitSide.NO_NOTICE) {
            home.post(Command.TX, use, notice);
        }
    }
}
