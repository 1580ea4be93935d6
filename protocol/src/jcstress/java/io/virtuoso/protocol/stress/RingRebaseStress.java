package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The guest has written byte 24 of a ring of 64. Once it finds its ring empty it sets base = tail and writes on at the
 * ring's first byte; else it writes behind. The host reads what it sees: every byte it gets must be the right one.
 */
@JCStressTest
@Outcome(id = {"1, 0", "1, 2"}, expect = ACCEPTABLE, desc = "first byte, second not yet there or right")
@Outcome(expect = FORBIDDEN, desc = "a byte from the wrong place")
@State
public class RingRebaseStress {
    private static final int RING_BYTES = 64;
    private static final long START = 24;
    private final int slot = Memory.piece();
    private final int ring = slot + 256;

    public RingRebaseStress() {
        SocketSlot.txHeadRelease(Memory.REGION, slot, START);
        put(0, START, 1);
        SocketSlot.txTailRelease(Memory.REGION, slot, START + 1);
    }

    @Actor
    public void guest() {
        long tail = START + 1;
        long base = 0;
        if (SocketSlot.txHeadAcquire(Memory.REGION, slot) == tail) {
            base = tail;
            SocketSlot.txBase(Memory.REGION, slot, base);
        }
        put(base, tail, 2);
        SocketSlot.txTailRelease(Memory.REGION, slot, tail + 1);
    }

    @Actor
    public void host(II_Result result) {
        result.r1 = take(START);
        SocketSlot.txHeadRelease(Memory.REGION, slot, START + 1);
        result.r2 = take(START + 1);
    }

    /** The byte at a cursor, 0 if it has not been written yet. */
    private int take(long cursor) {
        if (SocketSlot.txTailAcquire(Memory.REGION, slot) <= cursor) {
            return 0;
        }
        long base = SocketSlot.txBase(Memory.REGION, slot);
        return Memory.REGION.get(ByteRing.offsetOf(ring, RING_BYTES, base, cursor));
    }

    private void put(long base, long cursor, int value) {
        Memory.REGION.put(ByteRing.offsetOf(ring, RING_BYTES, base, cursor), (byte) value);
    }
}
