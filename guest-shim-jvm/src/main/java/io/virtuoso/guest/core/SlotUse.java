package io.virtuoso.guest.core;

import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One use of a slot by a socket: which slot, under which generation, with which rings. */
final class SlotUse {
    private final Attachment attachment;
    private final int index;
    private final int generation;
    private final int offset;
    private final ByteBuffer region;
    private final ReceiveSide receive;
    private final TransmitSide transmit;
    private volatile boolean shared;

    SlotUse(Attachment attachment, int index, int generation) {
        this.attachment = attachment;
        this.index = index;
        this.generation = generation;
        this.offset = attachment.layout().slotOffset(index);
        this.region = attachment.region();
        this.receive = new ReceiveSide(region, offset);
        this.transmit = new TransmitSide(region, offset);
    }

    Attachment attachment() {
        return attachment;
    }

    int index() {
        return index;
    }

    int generation() {
        return generation;
    }

    ReceiveSide receive() {
        return receive;
    }

    TransmitSide transmit() {
        return transmit;
    }

    /** Whether the host stack has begun this use: what the slot shows before is of a former one. */
    boolean begun() {
        return SocketSlot.generationAcquire(region, offset) == generation;
    }

    /** State bits; 0 before the use has begun. */
    int state() {
        return begun() ? SocketSlot.stateAcquire(region, offset) : 0;
    }

    /** Other processes hold the connection, too, and may take it at any time. */
    void share() {
        shared = true;
    }

    boolean isShared() {
        return shared;
    }

    /** After a read: whether the connection was taken before the host stack saw it, so that nothing was read. */
    boolean readTooLate() {
        return shared
                && wasMoved()
                && (int) SocketSlot.rxHeadAcquire(region, offset) - SocketSlot.rxMoved(region, offset) > 0;
    }

    /** After a write: likewise. */
    boolean wroteTooLate() {
        return shared
                && wasMoved()
                && SocketSlot.txTailAcquire(region, offset) - SocketSlot.txSeenAcquire(region, offset) > 0;
    }

    /** Waits until it is said whether the connection stays. A full fence after the cursor was stored comes before. */
    @SuppressWarnings("ThreadPriorityCheck") // the one waited for needs a processor and is not known here
    private boolean wasMoved() {
        int state;
        while (((state = SocketSlot.stateAcquire(region, offset)) & State.MOVING) != 0 && !attachment.isDead()) {
            Thread.yield();
        }
        return (state & State.MOVED) != 0;
    }

    /** The errno of a failed connection, valid after {@link #state} said FAILED. */
    int error() {
        return SocketSlot.error(region, offset);
    }

    /** Errors of a UDP socket so far; {@link #error} is the latest. */
    int errorCount() {
        return begun() ? SocketSlot.errorCountAcquire(region, offset) : 0;
    }

    /** Events come to this context from now on. */
    void deliverTo(Context context) {
        SocketSlot.contextRelease(region, offset, context.index());
    }

    int localPort() {
        return begun() ? SocketSlot.localPort(region, offset) : 0;
    }

    InetSocketAddress local() {
        return address(
                SocketSlot.localAddressHigh(region, offset),
                SocketSlot.localAddressLow(region, offset),
                SocketSlot.localPort(region, offset));
    }

    InetSocketAddress peer() {
        return address(
                SocketSlot.peerAddressHigh(region, offset),
                SocketSlot.peerAddressLow(region, offset),
                SocketSlot.peerPort(region, offset));
    }

    /** Bytes that may wait to be sent (or read) now; 0: not known. */
    int bufferBytes(boolean sending) {
        return sending ? SocketSlot.txRingBytes(region, offset) : SocketSlot.rxBuffer(region, offset);
    }

    /** An IPv4 address (host order) as an InetAddress. */
    static InetAddress inetAddress(int ipv4) {
        byte[] bytes = {(byte) (ipv4 >>> 24), (byte) (ipv4 >>> 16), (byte) (ipv4 >>> 8), (byte) ipv4};
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static InetSocketAddress address(long high, long low, int port) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(bytes.putLong(high).putLong(low).array()), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
