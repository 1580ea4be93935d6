package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A byte waits to be read when the host puts another receive ring in the place of this one, moves the byte, gives the
 * old ring to somebody who writes into it, and delivers a second byte. The guest must get the right ones.
 */
@JCStressTest
@Outcome(id = {"7, 0", "7, 8"}, expect = ACCEPTABLE, desc = "first byte, second not yet there or right")
@Outcome(expect = FORBIDDEN, desc = "a byte from the wrong place")
@State
public class RingReplaceStress {
    private static final int OLD_BYTES = 64;
    private static final int NEW_BYTES = 128;
    private static final long HEAD = 61;
    private final int slot = Memory.piece();
    private final int oldRing = slot + 256;
    private final int newRing = oldRing + OLD_BYTES;

    public RingReplaceStress() {
        Memory.REGION.put(ByteRing.offsetOf(oldRing, OLD_BYTES, 0, HEAD), (byte) 7);
        SocketSlot.rxRingOffset(Memory.REGION, slot, oldRing);
        SocketSlot.rxRingBytes(Memory.REGION, slot, OLD_BYTES);
        SocketSlot.rxGenerationRelease(Memory.REGION, slot, 1);
        SocketSlot.rxTailRelease(Memory.REGION, slot, HEAD + 1);
    }

    @Actor
    public void host() {
        SocketSlot.rxGenerationRelease(Memory.REGION, slot, 0);
        VarHandle.fullFence();
        int old = ByteRing.offsetOf(oldRing, OLD_BYTES, 0, HEAD);
        Memory.REGION.put(ByteRing.offsetOf(newRing, NEW_BYTES, HEAD, HEAD), Memory.REGION.get(old));
        Memory.REGION.put(old, (byte) 9);
        SocketSlot.rxRingOffset(Memory.REGION, slot, newRing);
        SocketSlot.rxRingBytes(Memory.REGION, slot, NEW_BYTES);
        SocketSlot.rxBase(Memory.REGION, slot, HEAD);
        SocketSlot.rxGenerationRelease(Memory.REGION, slot, 2);
        Memory.REGION.put(ByteRing.offsetOf(newRing, NEW_BYTES, HEAD, HEAD + 1), (byte) 8);
        SocketSlot.rxTailRelease(Memory.REGION, slot, HEAD + 2);
    }

    @Actor
    public void guest(II_Result result) {
        result.r1 = take(HEAD);
        result.r2 = take(HEAD + 1);
    }

    /** The byte at a cursor, 0 if it is not there yet: copied again if the ring changed meanwhile. */
    private int take(long cursor) {
        if (SocketSlot.rxTailAcquire(Memory.REGION, slot) <= cursor) {
            return 0;
        }
        int generation;
        int value;
        do {
            while ((generation = SocketSlot.rxGenerationAcquire(Memory.REGION, slot)) == 0) {
                Thread.onSpinWait();
            }
            int ring = SocketSlot.rxRingOffset(Memory.REGION, slot);
            int bytes = SocketSlot.rxRingBytes(Memory.REGION, slot);
            long base = SocketSlot.rxBase(Memory.REGION, slot);
            value = Memory.REGION.get(ByteRing.offsetOf(ring, bytes, base, cursor));
            VarHandle.loadLoadFence();
        } while (SocketSlot.rxGenerationAcquire(Memory.REGION, slot) != generation);
        return value;
    }
}
