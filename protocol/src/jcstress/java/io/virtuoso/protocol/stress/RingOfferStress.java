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
 * The host offers a smaller transmit ring in exchange for one that is idle, while the guest begins to write: into the
 * ring that it has, or into the new one, and the host reads where it was written. Once the host knows of the adoption
 * it gives the old ring away.
 */
@JCStressTest
@Outcome(id = {"0, 1", "7, 1", "0, 2", "7, 2"}, expect = ACCEPTABLE, desc = "nothing yet, or what was written")
@Outcome(expect = FORBIDDEN, desc = "a byte from the wrong place")
@State
public class RingOfferStress {
    private static final int OLD_BYTES = 128;
    private static final int NEW_BYTES = 64;
    private static final long TAIL = 100;
    private final int slot = Memory.piece();
    private final int oldRing = slot + 256;
    private final int newRing = oldRing + OLD_BYTES;

    public RingOfferStress() {
        SocketSlot.txTailRelease(Memory.REGION, slot, TAIL);
        SocketSlot.txHeadRelease(Memory.REGION, slot, TAIL);
        SocketSlot.txGenerationRelease(Memory.REGION, slot, 1);
        SocketSlot.txOfferRelease(Memory.REGION, slot, 1);
    }

    @Actor
    public void guest() {
        int ring = oldRing;
        int bytes = OLD_BYTES;
        SocketSlot.txBase(Memory.REGION, slot, TAIL);
        if (SocketSlot.txOfferAcquire(Memory.REGION, slot) == 2) {
            ring = SocketSlot.txRingOffset(Memory.REGION, slot);
            bytes = SocketSlot.txRingBytes(Memory.REGION, slot);
            SocketSlot.txGenerationRelease(Memory.REGION, slot, 2);
        }
        Memory.REGION.put(ByteRing.offsetOf(ring, bytes, TAIL, TAIL), (byte) 7);
        SocketSlot.txTailRelease(Memory.REGION, slot, TAIL + 1);
    }

    @Actor
    public void host(II_Result result) {
        SocketSlot.txRingOffset(Memory.REGION, slot, newRing);
        SocketSlot.txRingBytes(Memory.REGION, slot, NEW_BYTES);
        SocketSlot.txOfferRelease(Memory.REGION, slot, 2);
        long tail = SocketSlot.txTailAcquire(Memory.REGION, slot);
        boolean adopted = SocketSlot.txGenerationAcquire(Memory.REGION, slot) == 2;
        if (adopted) {
            Memory.REGION.put(ByteRing.offsetOf(oldRing, OLD_BYTES, TAIL, TAIL), (byte) 9);
        }
        result.r2 = adopted ? 2 : 1;
        if (tail != TAIL) {
            long base = SocketSlot.txBase(Memory.REGION, slot);
            int ring = adopted ? newRing : oldRing;
            result.r1 = Memory.REGION.get(ByteRing.offsetOf(ring, adopted ? NEW_BYTES : OLD_BYTES, base, TAIL));
        }
    }
}
