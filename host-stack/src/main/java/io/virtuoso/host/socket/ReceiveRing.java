package io.virtuoso.host.socket;

import io.virtuoso.protocol.AcceptedRecord;
import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * The host's end of a socket's receive ring: the host stack writes at its tail, the guest consumes from its head.
 *
 * <pre>
 *        head                 tail                 highest
 *   free  |  bytes to be read  |  out of order (wire)  |  free
 * </pre>
 *
 * Stack thread only.
 */
public final class ReceiveRing {
    private static final long NEVER = -1;

    private final Runnable growth;
    private final ByteBuffer region;
    private final int slot;
    private final RingPool pool;

    private long head;
    private long tail;
    private long published;
    private long lastPublished;
    private boolean noticePending;
    /** What lies before it is in another ring, whatever the guest has read; {@link #NEVER}: nothing is. */
    private long movedBefore = NEVER;

    private long highest;
    private long base;
    private int ringOffset;
    private int ringBytes;
    private int generation;

    /** @param growth called whenever the ring is larger than the smallest */
    ReceiveRing(ByteBuffer region, int slot, RingPool pool, Runnable growth) {
        this.growth = growth;
        this.region = region;
        this.slot = slot;
        this.pool = pool;
        SocketSlot.rxWantRelease(region, slot, NEVER);
    }

    /** @return cursor of the first byte that the guest has not consumed, as of the last {@link #refresh} */
    public long head() {
        return head;
    }

    /** @return cursor behind the last byte that is (or will be at {@link #publish}) readable in order */
    public long tail() {
        return tail;
    }

    /** @return size of the ring, in bytes; 0 before the first data */
    public int capacity() {
        return ringBytes;
    }

    /** @return bytes that fit behind the tail, as of the last {@link #refresh} */
    public int room() {
        return ringBytes - (int) (tail - head);
    }

    /** @return bytes that wait to be read, as of the last {@link #refresh} */
    public int unread() {
        return (int) (tail - head);
    }

    /**
     * Looks at how far the guest has read.
     *
     * @return false if the guest's cursor makes no sense: its attachment must end
     */
    public boolean refresh() {
        final long newHead = SocketSlot.rxHeadAcquire(region, slot);
        if (newHead - head < 0 || newHead - published > 0) {
            return false;
        }
        head = newHead;
        return true;
    }

    /**
     * Makes the ring larger, as {@link #replace} does.
     *
     * @param wantedBytes what should fit
     * @return false if nothing changed: the ring is large enough, or memory is short
     */
    public boolean grow(int wantedBytes) {
        final int bytes = pool.available(wantedBytes);
        return bytes > ringBytes && replace(bytes);
    }

    /**
     * Puts another ring in the place of this one. What it holds moves along and keeps its cursors; while that happens
     * the ring's generation reads 0, by which the guest knows that what it just copied may be from the ring that was
     * given back.
     */
    private boolean replace(int bytes) {
        final int offset = pool.allocate(bytes);
        if (offset == RingPool.NONE) {
            return false;
        }
        SocketSlot.rxGenerationRelease(region, slot, 0);
        VarHandle.fullFence();
        if (ringBytes != 0) {
            final int held = (int) (highest - head);
            ByteRing.transfer(region, ringOffset, ringBytes, base, head, region, offset, bytes, head, head, held);
            if (bytes < ringBytes) {
                pool.freeIdle(ringOffset);
            } else {
                pool.free(ringOffset);
            }
        }
        ringOffset = offset;
        ringBytes = bytes;
        base = head;
        SocketSlot.rxRingOffset(region, slot, offset);
        SocketSlot.rxRingBytes(region, slot, bytes);
        SocketSlot.rxBase(region, slot, base);
        SocketSlot.rxGenerationRelease(region, slot, ++generation);
        if (bytes > RingPool.MIN_RING_BYTES) {
            growth.run();
        }
        return true;
    }

    /** Takes a ring in exchange that is no larger than what this one holds; see {@link #replace}. */
    void shrink() {
        final int bytes = RingPool.ringBytes((int) (highest - head));
        if (bytes < ringBytes) {
            replace(bytes);
        }
    }

    /**
     * The size of ring that this one may be replaced by, as memory is now.
     *
     * @param wantedBytes at least 1
     */
    public int affordable(int wantedBytes) {
        return pool.affordable(wantedBytes, TransmitRing.SHARERS);
    }

    /** An empty ring starts over at its first lines, which are in the caches of both sides. */
    private void rebase() {
        if (highest == head && base != tail) {
            base = tail;
            SocketSlot.rxBase(region, slot, base);
        }
    }

    /** Appends bytes that lie in another ring; room and length have been checked. */
    void writeFrom(
            ByteBuffer source, int sourceOffset, int sourceBytes, long sourceBase, long sourceCursor, int length) {
        rebase();
        ByteRing.transfer(
                source,
                sourceOffset,
                sourceBytes,
                sourceBase,
                sourceCursor,
                region,
                ringOffset,
                ringBytes,
                base,
                tail,
                length);
        tail += length;
        highest = tail;
    }

    /**
     * Writes bytes at a cursor at or ahead of the tail; readable only after {@link #commit}.
     *
     * @param cursor at least tail; cursor + length at most head + capacity
     */
    public void write(long cursor, ByteBuffer source, int offset, int length) {
        rebase();
        ByteRing.write(region, ringOffset, ringBytes, base, cursor, source, offset, length);
        if (cursor + length - highest > 0) {
            highest = cursor + length;
        }
    }

    /**
     * Takes over what another ring has received and its guest has not read; positions begin again at 0.
     *
     * @return false if that is not possible
     */
    public boolean takeOver(ReceiveRing other) {
        if (!other.refresh()) {
            return false;
        }
        final boolean moved = other.movedBefore != NEVER && other.movedBefore - other.head > 0;
        final long from = moved ? other.movedBefore : other.head;
        final int length = (int) (other.highest - from);
        if (length > 0) {
            grow(length);
            if (ringBytes < length) {
                return false;
            }
            ByteRing.transfer(
                    other.region,
                    other.ringOffset,
                    other.ringBytes,
                    other.base,
                    from,
                    region,
                    ringOffset,
                    ringBytes,
                    base,
                    0,
                    length);
        }
        highest = length;
        tail = other.tail - from;
        publish();
        return true;
    }

    /** All that is there has moved to another ring, which took it over: the guest reads on behind it. */
    public void onMoved() {
        movedBefore = tail;
        wantRoomAt(tail);
    }

    /** Makes everything before a cursor readable at the next {@link #publish}. */
    public void commit(long newTail) {
        tail = newTail;
        if (newTail - highest > 0) {
            highest = newTail;
        }
    }

    /** Appends one record of a listener; the caller has checked room. */
    void writeAccepted(int acceptedSlot, int acceptedGeneration) {
        rebase();
        AcceptedRecord.write(
                region, ByteRing.offsetOf(ringOffset, ringBytes, base, tail), acceptedSlot, acceptedGeneration);
        tail += AcceptedRecord.BYTES;
        highest = tail;
    }

    /** @return true if there is something that the guest has not been shown */
    public boolean unpublished() {
        return published != tail;
    }

    /** Shows new bytes to the guest. A full fence must follow, then {@link #takeReadNotice}. */
    public void publish() {
        if (!noticePending) {
            lastPublished = published;
            noticePending = true;
        }
        published = tail;
        SocketSlot.rxTailRelease(region, slot, tail);
    }

    /** @return true if the guest must be told of what was published since the last call */
    public boolean takeReadNotice() {
        noticePending = false;
        return SocketSlot.rxSeenAcquire(region, slot) - lastPublished >= 0;
    }

    /**
     * Asks the guest for a notice once it has consumed up to a cursor. A full fence and {@link #refresh} must follow.
     */
    public void wantRoomAt(long cursor) {
        SocketSlot.rxWantRelease(region, slot, cursor);
    }

    /** Withdraws {@link #wantRoomAt}. */
    public void wantNoRoom() {
        SocketSlot.rxWantRelease(region, slot, NEVER);
    }

    void free() {
        if (ringBytes != 0) {
            pool.free(ringOffset);
            ringBytes = 0;
        }
    }
}
