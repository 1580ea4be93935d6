package io.virtuoso.host.socket;

import io.virtuoso.host.tcp.SendBuffer;
import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;

/**
 * The host's end of a socket's transmit ring: the guest writes at its tail, the host stack consumes from its head.
 *
 * <pre>
 *        head                     seen                tail
 *   free  |  bytes to send or unacknowledged  |  new  |  free
 * </pre>
 *
 * Everything read from the slot is read once and checked here; offset and size of the ring are the host's own. Stack
 * thread only.
 */
public final class TransmitRing {
    /** So many rings as large as one that grows must fit into the memory that is left. */
    public static final int SHARERS = 64;

    private final Runnable growth;
    private final ByteBuffer region;
    private final long regionAddress;
    private final int slot;
    private final RingPool pool;

    private long head;
    private long tail;
    private long base;
    private int ringOffset;
    private int ringBytes;
    private int generation;
    private int offeredOffset = RingPool.NONE;
    private int offeredBytes;
    private boolean broughtAlong;
    private long broughtTail;
    private boolean tellsSent;
    private long sent;
    private long answeredSent;
    private long answeredWant; // a want of 0 asks for nothing: room at 0 was always there

    /**
     * @param regionAddress where the region lies; 0 if that is not native memory
     * @param growth called whenever a ring is offered or adopted that is larger than the smallest
     */
    TransmitRing(ByteBuffer region, long regionAddress, int slot, RingPool pool, Runnable growth) {
        this.regionAddress = regionAddress;
        this.growth = growth;
        this.region = region;
        this.slot = slot;
        this.pool = pool;
    }

    /** @return cursor of the first byte not yet released */
    public long head() {
        return head;
    }

    /** @return cursor behind the last byte written, as of the last {@link #refresh} */
    public long tail() {
        return tail;
    }

    /** @return bytes between head and tail */
    public long pending() {
        return tail - head;
    }

    /** @return rings adopted so far */
    int generation() {
        return generation;
    }

    /** @return size of the ring in use, in bytes; 0 before the guest wrote anything */
    public int capacity() {
        return ringBytes;
    }

    /**
     * Looks at what the guest wrote.
     *
     * @return false if the guest's words make no sense: its attachment must end
     */
    public boolean refresh() {
        final long newTail = SocketSlot.txTailAcquire(region, slot);
        if (newTail == tail) {
            return offeredOffset == RingPool.NONE || lookForAdoption();
        }
        final int adopted = SocketSlot.txGenerationAcquire(region, slot);
        final long newBase = SocketSlot.txBase(region, slot);
        if (adopted != generation && !adopt(adopted, newBase)) {
            return false;
        }
        base = newBase;
        final long written = newTail - head;
        if (written < tail - head || written > ringBytes) {
            return false; // compared as distances from the head: those from the tail could wrap around
        }
        tail = newTail;
        return true;
    }

    /**
     * Looks whether the guest has taken the ring on offer, although it wrote nothing yet: what it would like to write
     * may need a larger one still.
     *
     * @return false if the guest's words make no sense: its attachment must end
     */
    boolean lookForAdoption() {
        final int adopted = SocketSlot.txGenerationAcquire(region, slot);
        if (adopted == generation) {
            return true;
        }
        final long newBase = SocketSlot.txBase(region, slot);
        if (!adopt(adopted, newBase)) {
            return false;
        }
        base = newBase;
        return true;
    }

    /** A ring is changed only while it is empty: everything up to the new base must be consumed. */
    private boolean adopt(int adopted, long newBase) {
        if (offeredOffset == RingPool.NONE || adopted != generation + 1 || newBase != head || tail != head) {
            return false;
        }
        if (ringBytes > offeredBytes) {
            pool.freeIdle(ringOffset);
        } else if (ringBytes != 0) {
            pool.free(ringOffset);
        }
        ringOffset = offeredOffset;
        ringBytes = offeredBytes;
        offeredOffset = RingPool.NONE;
        generation = adopted;
        if (ringBytes > RingPool.MIN_RING_BYTES) {
            growth.run();
        }
        return true;
    }

    /**
     * Offers the guest a ring, if it holds more than the present one and an offer may be made. Without memory nothing
     * happens: the present ring goes on serving.
     *
     * @param wantedBytes what the guest would like to write at once
     */
    public void offer(int wantedBytes) {
        final int bytes = mayOffer() ? pool.available(wantedBytes) : 0;
        if (bytes <= ringBytes) {
            return;
        }
        putOnOffer(pool.allocate(bytes), bytes);
    }

    /**
     * Offers a ring of which so many fit into the memory that is left.
     *
     * @param wantedBytes what the guest would like to write at once
     * @param sharers     how many must fit
     */
    public void offerShare(int wantedBytes, int sharers) {
        offer(pool.affordable(wantedBytes, sharers));
    }

    /**
     * One offer may be open. None may be before the guest knows the ring that {@link #takeOver} has put into use: it would
     * take the one on offer, which is announced in the same words, for that. A guest that has read the words stores its
     * want, which was 0.
     */
    private boolean mayOffer() {
        if (broughtAlong
                && SocketSlot.txWantAcquire(region, slot) == 0
                && SocketSlot.txTailAcquire(region, slot) == broughtTail) {
            return false;
        }
        broughtAlong = false;
        return offeredOffset == RingPool.NONE;
    }

    private void putOnOffer(int offset, int bytes) {
        if (offset != RingPool.NONE) {
            offeredOffset = offset;
            offeredBytes = bytes;
            SocketSlot.txRingOffset(region, slot, offset);
            SocketSlot.txRingBytes(region, slot, bytes);
            SocketSlot.txOfferRelease(region, slot, generation + 1);
            if (bytes > RingPool.MIN_RING_BYTES) {
                growth.run();
            }
        }
    }

    /**
     * Takes over what another ring holds, into a ring that the guest, which does not know the socket yet, finds adopted;
     * positions begin again at 0. This one must be fresh. No ring is offered before the guest knows this one.
     *
     * @return false if memory is short
     */
    boolean takeOver(TransmitRing other) {
        final int length = (int) other.pending();
        final int bytes = pool.available(length);
        final int offset = bytes < length ? RingPool.NONE : pool.allocate(bytes);
        if (offset == RingPool.NONE) {
            return false;
        }
        ByteRing.transfer(
                other.region,
                other.ringOffset,
                other.ringBytes,
                other.base,
                other.head,
                region,
                offset,
                bytes,
                0,
                0,
                length);
        putOnOffer(offset, bytes);
        generation = 1;
        ringOffset = offset;
        ringBytes = bytes;
        offeredOffset = RingPool.NONE;
        tail = length;
        broughtAlong = true;
        broughtTail = length;
        SocketSlot.txBase(region, slot, 0);
        SocketSlot.txGenerationRelease(region, slot, generation);
        SocketSlot.txTailRelease(region, slot, length);
        publish();
        return true;
    }

    /** @return true if the guest waited for room after it had written what {@link #refresh} saw last */
    public boolean wasFull() {
        final long want = SocketSlot.txWantAcquire(region, slot);
        return want >= 0 && want - (tail - ringBytes) > 0;
    }

    /** Offers a smaller ring in exchange for one that is idle, if an offer may be made. */
    void offerSmaller(int bytes) {
        if (RingPool.ringBytes(bytes) < ringBytes && mayOffer()) {
            putOnOffer(pool.allocate(RingPool.ringBytes(bytes)), RingPool.ringBytes(bytes));
        }
    }

    /** @return true if the guest has been offered a ring that it has not adopted */
    public boolean isOfferOpen() {
        return offeredOffset != RingPool.NONE;
    }

    /**
     * Copies bytes out of the ring.
     *
     * @param cursor from here, between head and tail
     * @param length bytes; cursor + length must not pass tail
     */
    public void copyTo(long cursor, int length, ByteBuffer target, int targetOffset) {
        ByteRing.read(region, ringOffset, ringBytes, base, cursor, target, targetOffset, length);
    }

    /**
     * Says where bytes of the ring lie, in one piece or two, for a system call to read from: they are the host's until
     * {@link #release}, although the guest can still change them.
     *
     * @return false if the region is not native memory
     */
    public boolean locate(long cursor, int length, SendBuffer.Places places) {
        if (regionAddress == 0) {
            return false;
        }
        final int first = Math.min(length, ByteRing.contiguous(ringBytes, base, cursor));
        places.add(regionAddress + ByteRing.offsetOf(ringOffset, ringBytes, base, cursor), first);
        if (first < length) {
            places.add(regionAddress + ringOffset, length - first);
        }
        return true;
    }

    /** Copies bytes from here to the tail of a receive ring. The caller has checked room and length. */
    void copyTo(long cursor, int length, ReceiveRing target) {
        target.writeFrom(region, ringOffset, ringBytes, base, cursor, length);
    }

    /** Makes room; not visible to the guest before {@link #publish}. */
    public void release(long newHead) {
        head = newHead;
        sent(newHead);
    }

    /**
     * Tells the guest from now on what was sent, and not only what room there is (TCP_NOTSENT_LOWAT), or no longer.
     * What is under way at that time counts as not sent until it is acknowledged. A full fence must follow.
     */
    public void tellSent(boolean tell) {
        tellsSent = tell;
        sent = head;
        if (tell) {
            SocketSlot.txSentRelease(region, slot, (int) sent);
        }
    }

    /** @return whether the guest is told what was sent */
    boolean tellsSent() {
        return tellsSent;
    }

    /**
     * Bytes are sent, perhaps not for the first time.
     *
     * @param end behind them
     * @return true if the guest is told of that, so that a full fence and {@link #takeWriteNotice} must follow
     */
    public boolean sent(long end) {
        if (!tellsSent || end - sent <= 0) {
            return false;
        }
        sent = end;
        SocketSlot.txSentRelease(region, slot, (int) end);
        return true;
    }

    /** Shows the guest how much room there is and how far the host stack has looked. A full fence must follow. */
    public void publish() {
        SocketSlot.txHeadRelease(region, slot, head);
        SocketSlot.txSeenRelease(region, slot, tail);
    }

    /** Shows the guest how far the host stack has looked. */
    void publishSeen() {
        SocketSlot.txSeenRelease(region, slot, tail);
    }

    /**
     * Shows the guest how much room there is, without claiming to have looked at new data. A full fence must follow.
     */
    public void publishHead() {
        SocketSlot.txHeadRelease(region, slot, head);
    }

    /**
     * @return true if the guest wrote more since the last {@link #refresh}; needs a full fence after {@link #publish}
     */
    public boolean hasMore() {
        return SocketSlot.txTailAcquire(region, slot) != tail;
    }

    /** @return true if the guest waits for the room that is there now, or for what was sent, and was not told so before */
    public boolean takeWriteNotice() {
        return takeRoomNotice() | (tellsSent && takeSentNotice());
    }

    private boolean takeSentNotice() {
        final long want = SocketSlot.txWantSentAcquire(region, slot);
        if (want == answeredSent || want < 0 || want - sent > 0) {
            return false;
        }
        answeredSent = want;
        return true;
    }

    private boolean takeRoomNotice() {
        final long want = SocketSlot.txWantAcquire(region, slot);
        if (want == answeredWant || want < 0 || want - head > 0) {
            return false;
        }
        answeredWant = want;
        return true;
    }

    void free() {
        if (ringBytes != 0) {
            pool.free(ringOffset);
            ringBytes = 0;
        }
        if (offeredOffset != RingPool.NONE) {
            pool.free(offeredOffset);
            offeredOffset = RingPool.NONE;
        }
    }
}
