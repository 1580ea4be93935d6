package io.virtuoso.host.vsock;

import java.lang.foreign.MemorySegment;

/**
 * One stream connection of a machine to a port of the host. One thread.
 *
 * <p>Credit (virtio 1.2, section 5.10.6.3): each side tells how much room it has (buf_alloc) and how many bytes were taken
 * out of it since the beginning (fwd_cnt); the other never sends more than fits. The counters wrap around.
 */
public final class VsockConnection {
    /** Room for bytes in each direction. */
    static final int BUFFER_BYTES = 64 * 1024;

    private final VsockDevice device;
    private final int guestPort;
    private final int hostPort;
    private final ByteFifo incoming;
    private final ByteFifo outgoing;
    private VsockHandler handler;

    private int forwarded;
    private int forwardedTold;
    private int sent;
    private int peerRoom;
    private int peerForwarded;

    private boolean responseDue;
    private boolean creditDue;
    private boolean shutdownDue;
    private boolean resetDue;
    private boolean ended;
    private boolean closing;
    private boolean shutdownSent;
    private boolean writerWaits;
    private boolean gone;
    private boolean queued;

    VsockConnection(final VsockDevice device, final int guestPort, final int hostPort) {
        this.device = device;
        this.guestPort = guestPort;
        this.hostPort = hostPort;
        this.incoming = new ByteFifo(BUFFER_BYTES, device.budget());
        this.outgoing = new ByteFifo(BUFFER_BYTES, device.budget());
    }

    int guestPort() {
        return guestPort;
    }

    int hostPort() {
        return hostPort;
    }

    // ---- the program's side

    /** @return bytes that can be read */
    public int readable() {
        return incoming.size();
    }

    /** @return true if the machine sends no more; what is readable is the rest */
    public boolean isEnded() {
        return ended;
    }

    /** Reads at most {@code length} bytes. @return how many, 0 if there are none now */
    public int read(final MemorySegment target, final long at, final int length) {
        final int moved = incoming.moveTo(target, at, length);
        forwarded += moved;
        if (forwarded - forwardedTold >= BUFFER_BYTES / 2) {
            creditDue = true;
            device.due(this);
        }
        if (ended && incoming.size() == 0) {
            device.due(this);
        }
        return moved;
    }

    /**
     * Sends at most {@code length} bytes. Where the machine has used up its {@link BufferBudget} the connection is reset.
     *
     * @return how many; if less, {@link VsockHandler#onWritable} follows, unless the connection is gone
     */
    public int write(final MemorySegment source, final long at, final int length) {
        final int taken = gone || closing ? 0 : Math.min(length, outgoing.room());
        if (taken > 0) {
            if (!outgoing.append(source, at, taken)) {
                device.drop(this, true);
                return 0;
            }
            device.due(this);
        }
        writerWaits |= taken < length;
        return taken;
    }

    /** {@link VsockHandler#onWritable} follows when bytes have been sent. */
    public void tellWhenWritable() {
        writerWaits = true;
    }

    /** @return bytes that {@link #write} would take now */
    public int writable() {
        return outgoing.room();
    }

    /** Ends it when everything written was sent; what comes meanwhile is thrown away. */
    public void close() {
        if (!closing && !gone) {
            closing = true;
            shutdownDue = true;
            discarded(incoming.size());
            incoming.clear();
            device.due(this);
        }
    }

    /** Ends it at once. */
    public void reset() {
        if (!gone) {
            device.drop(this, true);
        }
    }

    // ---- the device's side

    void accept(final VsockHandler accepted) {
        handler = accepted;
        responseDue = true;
    }

    VsockHandler handler() {
        return handler;
    }

    /** The machine's credit, which comes with every packet. */
    void credit(final int room, final int taken) {
        peerRoom = room;
        peerForwarded = taken;
        if (outgoing.size() > 0 && creditLeft() > 0) {
            device.due(this);
        }
    }

    /** @return bytes that the machine has room for; what it says may be nonsense, and is then 0 */
    private int creditLeft() {
        final int inFlight = sent - peerForwarded;
        final long left = Integer.toUnsignedLong(peerRoom) - Integer.toUnsignedLong(inFlight);
        return Math.clamp(left, 0, Integer.MAX_VALUE);
    }

    ByteFifo incoming() {
        return incoming;
    }

    boolean isClosing() {
        return closing;
    }

    boolean isGone() {
        return gone;
    }

    void markGone() {
        gone = true;
    }

    /** Gives the buffers back: nobody reads any more. */
    void free() {
        incoming.free();
        outgoing.free();
    }

    void markEnded() {
        ended = true;
    }

    void askedForCredit() {
        creditDue = true;
    }

    /** Bytes that nobody will read count as taken. */
    void discarded(final int length) {
        forwarded += length;
        creditDue |= forwarded - forwardedTold >= BUFFER_BYTES / 2;
    }

    /** @return true if it was not queued before */
    boolean enqueue() {
        final boolean fresh = !queued;
        queued = true;
        return fresh;
    }

    void dequeued() {
        queued = false;
    }

    boolean hasResponseDue() {
        return responseDue;
    }

    boolean hasCreditDue() {
        return creditDue;
    }

    /** @return bytes that may be sent now */
    int sendable() {
        return shutdownSent ? 0 : Math.min(outgoing.size(), creditLeft());
    }

    boolean hasShutdownDue() {
        return shutdownDue && outgoing.size() == 0;
    }

    /** The machine has shut down both ways and everything was read: a reset tells it that this side is finished, too. */
    boolean hasResetDue() {
        return resetDue && incoming.size() == 0 && outgoing.size() == 0;
    }

    void resetWhenRead() {
        resetDue = true;
    }

    boolean hasSomethingDue() {
        return responseDue || creditDue || sendable() > 0 || hasShutdownDue() || hasResetDue();
    }

    void responseSent() {
        responseDue = false;
    }

    void shutdownSent() {
        shutdownDue = false;
        shutdownSent = true;
    }

    void sent(final int length) {
        sent += length;
        if (writerWaits && length > 0) {
            writerWaits = false;
            handler.onWritable();
        }
    }

    ByteFifo outgoing() {
        return outgoing;
    }

    /** Every packet tells the machine how much room there is. @return what goes into its header as fwd_cnt */
    int tellForwarded() {
        forwardedTold = forwarded;
        creditDue = false;
        return forwarded;
    }
}
