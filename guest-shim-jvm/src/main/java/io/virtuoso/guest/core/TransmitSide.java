package io.virtuoso.guest.core;

import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * The transmit ring of one use of a slot. One writer at a time, between {@link #begin} and {@link #publish} or
 * {@link #leave}; {@link #writable} and {@link #adoptIfIdle} any thread.
 */
final class TransmitSide {
    /** Who writes little at a time and is ahead of its reader needs room for more than one write. */
    private static final int GROWTH = 4;

    private final ByteBuffer region;
    private final int slot;
    private final SpinLock lock = new SpinLock();
    private volatile int generation;
    private volatile int ringBytes;
    private int ringOffset;
    private long tail;
    private long base;
    private long uttered;
    private boolean ended;

    TransmitSide(ByteBuffer region, int slot) {
        this.region = region;
        this.slot = slot;
        this.tail = SocketSlot.txTailAcquire(region, slot);
        this.generation = SocketSlot.txGenerationAcquire(region, slot);
        if (generation != 0) { // what another process wrote came along
            ringOffset = SocketSlot.txRingOffset(region, slot);
            ringBytes = SocketSlot.txRingBytes(region, slot);
            base = SocketSlot.txBase(region, slot);
        }
        SocketSlot.txWantRelease(region, slot, Abi.NEVER); // from here on another ring may be on offer
    }

    /** Begins to write. @return bytes that fit now */
    int begin() {
        lock.lock();
        return room();
    }

    /** Ends to write without anything to show. */
    void leave() {
        lock.unlock();
    }

    /** The slot is about to be given back: nobody adopts a ring from now on. */
    void end() {
        lock.lock();
        ended = true;
        lock.unlock();
    }

    /** The host would have an idle ring back. @return true if it must be told that the one on offer was adopted */
    boolean adoptIfIdle() {
        if (!lock.tryLock()) {
            return false; // whoever is about to write adopts it
        }
        int before = generation;
        if (!ended) {
            room();
        }
        boolean adopted = generation != before;
        lock.unlock();
        return adopted;
    }

    /** Bytes that fit now; adopts a ring that the host offers if the present one is empty. The lock is held. */
    int room() {
        long head = SocketSlot.txHeadAcquire(region, slot);
        if (head != tail) {
            return (int) (ringBytes - (tail - head));
        }
        int offer = SocketSlot.txOfferAcquire(region, slot);
        if (offer != generation) {
            adopt(offer);
        } else if (base != tail) {
            base = tail; // small messages stay in the ring's first lines
            SocketSlot.txBase(region, slot, base);
        }
        return generation == 0 ? 0 : ringBytes;
    }

    private void adopt(int offer) {
        int bytes = SocketSlot.txRingBytes(region, slot);
        if (bytes < ringBytes) {
            uttered = 0; // smaller than before: a want may be uttered again
        }
        ringOffset = SocketSlot.txRingOffset(region, slot);
        ringBytes = bytes;
        generation = offer;
        base = tail;
        SocketSlot.txBase(region, slot, base);
        SocketSlot.txGenerationRelease(region, slot, offer);
    }

    /**
     * Before a write of more than the ring holds: the ring that would do.
     *
     * @return the size to ask for; 0: it would be of no use now, or the host was asked before
     */
    long wish(long bytes) {
        int room = begin();
        boolean asks = bytes > room && room == ringBytes && bytes > uttered;
        if (asks) {
            uttered = bytes;
        }
        leave();
        return asks ? bytes : 0;
    }

    /** Whether bytes are in the ring at which the host has not looked. */
    boolean isUnseen() {
        return SocketSlot.txSeenAcquire(region, slot) < SocketSlot.txTailAcquire(region, slot);
    }

    /** Bytes of the ring in use; 0: none so far. */
    int capacity() {
        return ringBytes;
    }

    /** Puts bytes behind those put before and not yet published. */
    void put(ByteBuffer source, int index, int length, int behind) {
        ByteRing.write(region, ringOffset, ringBytes, base, tail + behind, source, index, length);
    }

    /** Puts bytes of an array, before any others that are not yet published. */
    void put(byte[] source, int index, int length) {
        ByteRing.write(region, ringOffset, ringBytes, base, tail, source, index, length);
    }

    /** What to post after {@link #publish}: nothing. */
    static final long NO_NOTICE = -1;

    /**
     * Publishes bytes that were put, and ends to write.
     *
     * @param count how many
     * @param left how many more the application would have liked to write
     * @return the ring size to ask for in the notice that must now be posted (0: just the notice), or NO_NOTICE
     */
    long publish(int count, long left) {
        long wanted = left == 0 ? 0 : Math.max(left + count, (long) ringBytes * GROWTH);
        boolean utter = wanted > uttered;
        if (utter) {
            uttered = wanted;
        }
        long old = tail;
        tail = old + count;
        SocketSlot.txTailRelease(region, slot, tail);
        lock.unlock(); // also the fence before tx_seen
        return utter || (count != 0 && SocketSlot.txSeenAcquire(region, slot) >= old) ? wanted : NO_NOTICE;
    }

    /** Bytes written that the host has not freed yet. */
    long unsent() {
        return SocketSlot.txTailAcquire(region, slot) - SocketSlot.txHeadAcquire(region, slot);
    }

    /** Asks for a notice once everything written is gone. */
    void wantEmpty() {
        SocketSlot.txWantRaise(region, slot, SocketSlot.txTailAcquire(region, slot));
        VarHandle.fullFence();
    }

    /** Whether there is room worth a write; if not, a notice is asked for. Any thread. */
    boolean writable() {
        long want = missing();
        long asked = Abi.NEVER;
        while (want != asked && want != Abi.NEVER) {
            SocketSlot.txWantRaise(region, slot, want);
            VarHandle.fullFence();
            asked = want;
            want = missing();
        }
        return want == Abi.NEVER;
    }

    /** The tx_head at which there will be room, or NEVER if there is some. */
    private long missing() {
        long end = SocketSlot.txTailAcquire(region, slot);
        long used = end - SocketSlot.txHeadAcquire(region, slot);
        int offer = SocketSlot.txOfferAcquire(region, slot);
        if (used == 0) {
            return offer != 0 ? Abi.NEVER : end; // the first offer counts as room
        }
        if (offer != generation) {
            return end; // empty: then the larger ring can be adopted
        }
        long bytes = ringBytes;
        long lowWater = (bytes + 2) / 3;
        return bytes - used >= lowWater ? Abi.NEVER : end - bytes + lowWater;
    }
}
