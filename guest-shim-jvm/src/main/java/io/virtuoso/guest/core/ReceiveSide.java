package io.virtuoso.guest.core;

import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/** The receive ring of one use of a slot. One reader at a time. */
final class ReceiveSide {
    private static final int NO_GENERATION = -1; // 0 in the slot says that the ring changes

    private final ByteBuffer region;
    private final int slot;
    private int generation = NO_GENERATION;
    private int ringOffset;
    private int ringBytes;
    private long head;
    private long answeredWant = -1;

    ReceiveSide(ByteBuffer region, int slot) {
        this.region = region;
        this.slot = slot;
        this.head = SocketSlot.rxHeadAcquire(region, slot);
    }

    /** Bytes that can be read. Any thread; the reader's own answer is exact. */
    long unread() {
        return SocketSlot.rxTailAcquire(region, slot) - SocketSlot.rxHeadAcquire(region, slot);
    }

    /** Copies bytes out without taking them; {@link #consume} then does. @return how many, 0 to length */
    int copy(ByteBuffer target, int index, int length) {
        return copy(target, index, length, 0);
    }

    /** The same, from behind the first bytes, which are there. */
    int copy(ByteBuffer target, int index, int length, int behind) {
        int count = copyable(length, behind);
        while (count != 0) {
            ByteRing.read(region, ringOffset, ringBytes, base(), head + behind, target, index, count);
            if (isCurrent()) {
                return count;
            }
            loadRing();
        }
        return 0;
    }

    /** Copies bytes out into an array; see above. */
    int copy(byte[] target, int index, int length) {
        int count = copyable(length, 0);
        while (count != 0) {
            ByteRing.read(region, ringOffset, ringBytes, base(), head, target, index, count);
            if (isCurrent()) {
                return count;
            }
            loadRing();
        }
        return 0;
    }

    /** Bytes to copy now, from the ring that is there now. */
    private int copyable(int length, int behind) {
        int count = (int) Math.min(SocketSlot.rxTailAcquire(region, slot) - head - behind, length);
        if (count != 0 && SocketSlot.rxGenerationAcquire(region, slot) != generation) {
            loadRing();
        }
        return count;
    }

    private long base() {
        return SocketSlot.rxBase(region, slot);
    }

    /** Whether what was copied came from the ring where it lay. */
    private boolean isCurrent() {
        VarHandle.loadLoadFence();
        return SocketSlot.rxGenerationAcquire(region, slot) == generation;
    }

    /** Gives room back. @return true if the host asked to hear of it */
    boolean consume(int count) {
        head += count;
        SocketSlot.rxHeadRelease(region, slot, head);
        VarHandle.fullFence();
        long want = SocketSlot.rxWantAcquire(region, slot);
        if (Long.compareUnsigned(want, head) <= 0 && want != answeredWant) {
            answeredWant = want;
            return true;
        }
        return false;
    }

    /** The host replaces the ring by storing generation 0, moving the bytes, which keep their cursors, then the next one. */
    @SuppressWarnings("ThreadPriorityCheck") // the one waited for needs a processor and is not known here
    private void loadRing() {
        int seen;
        do {
            while ((seen = SocketSlot.rxGenerationAcquire(region, slot)) == 0) {
                Thread.yield();
            }
            ringOffset = SocketSlot.rxRingOffset(region, slot);
            ringBytes = SocketSlot.rxRingBytes(region, slot);
            VarHandle.loadLoadFence();
        } while (SocketSlot.rxGenerationAcquire(region, slot) != seen);
        generation = seen;
    }
}
