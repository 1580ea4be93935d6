package io.virtuoso.host.socket;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.RegionLayout;
import io.virtuoso.protocol.SocketSlot;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * All sockets and contexts of one attachment, as the host stack knows them.
 *
 * <p>Slots below {@link RegionLayout#guestSlotCount} are given out by the guest, the others by the host, for accepted
 * connections. A released slot has generation 0, which no use has: late events are known to be late, and the next use
 * does not take the words of the last one for its own. Stack thread only.
 */
public final class SocketSpace {
    /**
     * Of a connection on this host, in bytes: as much as no kernel refuses who writes little at a time. The preload library's
     * SMALL (tx_state.c) says the same from the guest's side.
     */
    static final int LARGEST_FIRST_RING = 1 << 14;

    private static final int NO_USE = 0;
    private static final int FIRST_MINOR_WITH_MOVES = 7;

    private final Attachment attachment;
    private final ByteBuffer region;
    private final long regionAddress;
    private final RegionLayout layout;
    private final RingPool pool;
    private final GuestNode node;
    private final EventSink sink;
    private final ContextPort[] contexts;
    private final int maxSendBytes;
    private final int maxReceiveBytes;

    private GuestSocket[] guestSlots = new GuestSocket[64];
    private GuestSocket[] hostSlots = new GuestSocket[64];
    private int[] freeHostSlots = new int[64];
    private int freeHostSlotCount;
    private int hostSlotsUsed;
    private int nextGeneration = 1;
    private int socketCount;
    private int firstRing = RingPool.MIN_RING_BYTES;
    private boolean guestGone;
    private EndReason fault;

    /**
     * @param node what all attachments of this guest share
     * @param sink is told of contexts that have news for their guest
     */
    public SocketSpace(
            Attachment attachment,
            GuestNode node,
            EventSink sink,
            final RingPool.ChunkReleaser releaser,
            int maxSendBytes,
            int maxReceiveBytes) {
        this.maxSendBytes = maxSendBytes;
        this.maxReceiveBytes = maxReceiveBytes;
        this.attachment = attachment;
        this.region = attachment.region();
        this.regionAddress = region.isDirect() ? MemorySegment.ofBuffer(region).address() : 0;
        this.layout = attachment.layout();
        this.node = node;
        this.sink = sink;
        this.pool = new RingPool(layout.poolOffset(), layout.poolBytes(), releaser);
        this.contexts = new ContextPort[layout.contextCount()];
    }

    public Attachment attachment() {
        return attachment;
    }

    public ByteBuffer region() {
        return region;
    }

    /** @return where the region lies, or 0 if that is not native memory */
    long regionAddress() {
        return regionAddress;
    }

    public RegionLayout layout() {
        return layout;
    }

    public RingPool pool() {
        return pool;
    }

    /** @return the guest that this attachment belongs to */
    public GuestNode node() {
        return node;
    }

    /** @return true if the guest expects that a socket which it takes over may have something to send already */
    boolean takesUnsent() {
        return attachment.abiMinor() >= FIRST_MINOR_WITH_MOVES;
    }

    /** @return largest transmit ring, in bytes */
    public int maxSendBytes() {
        return maxSendBytes;
    }

    /** @return largest receive ring, in bytes */
    public int maxReceiveBytes() {
        return maxReceiveBytes;
    }

    /** @return the transmit ring with which connections on this host begin, in bytes: the less, the less their process writes */
    int firstRing() {
        return firstRing;
    }

    /** A connection would have liked a ring of so many bytes. */
    void wanted(long bytes) {
        firstRing = (int) Math.max(firstRing, Math.min(bytes, LARGEST_FIRST_RING));
    }

    /** @return sockets not yet released */
    public int socketCount() {
        return socketCount;
    }

    int slotOffset(int index) {
        return layout.slotOffset(index);
    }

    /** @return true if the slot's number is one that the guest may give out */
    public boolean isGuestSlot(int index) {
        return index >= 0 && index < layout.guestSlotCount();
    }

    /** @return the socket in a slot, or null if there is none or it belongs to another use of the slot */
    public GuestSocket find(int index, int generation) {
        final GuestSocket socket = at(index);
        return socket != null && socket.generation() == generation ? socket : null;
    }

    /** @return the socket in a slot, or null; any number may be asked for */
    public GuestSocket at(int index) {
        final int guestCount = layout.guestSlotCount();
        if (index >= 0 && index < guestCount) {
            return index < guestSlots.length ? guestSlots[index] : null;
        }
        final int hostIndex = index - guestCount;
        return hostIndex >= 0 && hostIndex < hostSlots.length ? hostSlots[hostIndex] : null;
    }

    /** Takes note of a slot that the guest begins to use. @return null if the slot is in use */
    public GuestSocket openGuestSlot(int index, int generation) {
        if (index >= guestSlots.length) {
            guestSlots = Arrays.copyOf(guestSlots, Math.max(index + 1, guestSlots.length * 2));
        }
        if (guestSlots[index] != null) {
            return null;
        }
        final GuestSocket socket = new GuestSocket(this, index, generation);
        guestSlots[index] = socket;
        socketCount++;
        return socket;
    }

    /** Takes a slot for an accepted connection. @return null if all are in use */
    public GuestSocket openHostSlot(int context) {
        final int hostIndex;
        if (freeHostSlotCount > 0) {
            hostIndex = freeHostSlots[--freeHostSlotCount];
        } else if (hostSlotsUsed < layout.slotCount() - layout.guestSlotCount()) {
            hostIndex = hostSlotsUsed++;
        } else {
            return null;
        }
        if (hostIndex >= hostSlots.length) {
            hostSlots = Arrays.copyOf(hostSlots, hostSlots.length * 2);
        }
        final int index = layout.guestSlotCount() + hostIndex;
        SocketSlot.resetGuestLine(region, slotOffset(index));
        final GuestSocket socket = new GuestSocket(this, index, nextGeneration++);
        if (nextGeneration == 0) {
            nextGeneration = 1;
        }
        socket.contextWord(context);
        hostSlots[hostIndex] = socket;
        socketCount++;
        return socket;
    }

    /** Ends the use of a slot: rings go back to the pool, and a slot of the guest's back to the guest. */
    public void release(GuestSocket socket) {
        socket.role(GuestSocket.Role.RELEASED);
        socket.freeRings();
        if (socket.ringWatch() != null) {
            sink.ringsFreed(socket);
        }
        socketCount--;
        SocketSlot.generationRelease(region, slotOffset(socket.index()), NO_USE);
        if (socket.waitsIn() != null && (guestGone || !isGuestSlot(socket.index()))) {
            socket.waitsIn().forget(socket);
        }
        if (isGuestSlot(socket.index())) {
            guestSlots[socket.index()] = null;
            final ContextPort context = contextOf(socket);
            if (context != null && !guestGone) {
                context.postReleased(socket);
                sink.ringLater(context);
            }
        } else {
            final int hostIndex = socket.index() - layout.guestSlotCount();
            hostSlots[hostIndex] = null;
            if (freeHostSlotCount == freeHostSlots.length) {
                freeHostSlots = Arrays.copyOf(freeHostSlots, freeHostSlotCount * 2);
            }
            freeHostSlots[freeHostSlotCount++] = hostIndex;
        }
    }

    /** Visits every socket; the visitor may release the one it sees. */
    public void forEachSocket(Consumer<GuestSocket> visitor) {
        visit(guestSlots, visitor);
        visit(hostSlots, visitor);
    }

    private static void visit(GuestSocket[] slots, Consumer<GuestSocket> visitor) {
        for (GuestSocket socket : slots) {
            if (socket != null) {
                visitor.accept(socket);
            }
        }
    }

    /** A socket's rings became larger than the smallest. */
    void ringsGrew(GuestSocket socket) {
        sink.ringsGrew(socket);
    }

    /** Asks the guest to adopt the transmit ring on offer. @return false if there is no room in its queue */
    boolean askToAdopt(GuestSocket socket) {
        final ContextPort context = contextOf(socket);
        final boolean asked = context != null && !guestGone && context.postRing(socket);
        if (asked) {
            sink.ringLater(context);
        }
        return asked;
    }

    /**
     * Tells the guest to look at a socket; who accepts one looks at it anyway. Between what it will see and this there must
     * be a full fence, as here the host reads which context it wants the news in: who stores another one stands a fence and
     * then looks, and waits in the new one only.
     */
    public void ready(GuestSocket socket, int mask) {
        final ContextPort context = socket.unaccepted() ? null : contextOf(socket);
        if (context != null && !guestGone) {
            context.postReady(socket, mask);
            sink.ringLater(context);
        }
    }

    /** Posts events of a context that had found its queue full. @return how many */
    public int postBacklog(ContextPort context) {
        final int posted = guestGone ? 0 : context.drainBacklog();
        if (posted > 0) {
            sink.ringLater(context);
        }
        return posted;
    }

    /** Answers a command in the context it came from, unless that was closed meanwhile. */
    public void reply(ContextPort context, int slot, int generation, long request, long value, int errno) {
        if (request != 0 && !guestGone && contexts[context.index()] == context) {
            context.postReply(slot, generation, request, value, errno);
            sink.ringLater(context);
        }
    }

    /** @return true if the thread, or the set, that gets a socket's events sleeps, as far as it says */
    boolean isGuestAsleep(GuestSocket socket) {
        final ContextPort context = contextOf(socket);
        return context != null && !context.guestAwake();
    }

    private ContextPort contextOf(GuestSocket socket) {
        final int index = socket.contextWord();
        if (index >= 0 && index < contexts.length && contexts[index] != null) {
            return contexts[index];
        }
        for (ContextPort context : contexts) {
            if (context != null) {
                return context;
            }
        }
        return null;
    }

    public ContextPort openContext(int index, int doorbellFd) {
        contexts[index] = new ContextPort(this, index, doorbellFd);
        return contexts[index];
    }

    /** @return the context that was open, or null */
    public ContextPort closeContext(int index) {
        final ContextPort closed = contexts[index];
        contexts[index] = null;
        return closed;
    }

    /** @return the context, or null if it is not open */
    public ContextPort context(int index) {
        return contexts[index];
    }

    /** Marks the guest as gone: no more events, no more commands. */
    public void guestGone() {
        guestGone = true;
    }

    public boolean isGuestGone() {
        return guestGone;
    }

    /** Notes that the guest broke the rules; the fast path ends the attachment at the end of its pass. */
    public void fault(EndReason reason) {
        if (fault == null) {
            fault = reason;
            sink.faulted(this);
        }
    }

    /** @return why the attachment must end, or null */
    public EndReason fault() {
        return fault;
    }

    /** What a space reports to the fast path. */
    public interface EventSink {
        /** A context has new events: its guest is to be woken at the end of the pass. */
        void ringLater(ContextPort context);

        /** The guest broke the rules. */
        void faulted(SocketSpace space);

        /** A socket's rings became larger than the smallest. */
        void ringsGrew(GuestSocket socket);

        /** A socket of which {@link #ringsGrew} told is released. */
        void ringsFreed(GuestSocket socket);
    }
}
