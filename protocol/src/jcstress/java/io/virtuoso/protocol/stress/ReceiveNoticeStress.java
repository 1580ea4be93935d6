package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The same as {@link SendNoticeStress} towards the guest: rx_tail, rx_seen and READY. */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "missed, but told")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "seen, no event needed")
@Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "seen and told: one event too many")
@Outcome(expect = FORBIDDEN, desc = "bytes that nobody will look at")
@State
public class ReceiveNoticeStress {
    private final int slot = Memory.piece();

    public ReceiveNoticeStress() {
        SocketSlot.rxTailRelease(Memory.REGION, slot, 1);
    }

    /** Delivers [1, 2). */
    @Actor
    public void host(II_Result result) {
        SocketSlot.rxTailRelease(Memory.REGION, slot, 2);
        VarHandle.fullFence();
        result.r2 = SocketSlot.rxSeenAcquire(Memory.REGION, slot) >= 1 ? 1 : 0;
    }

    /** Takes the outstanding event. */
    @Actor
    public void guest(II_Result result) {
        SocketSlot.rxSeenRelease(Memory.REGION, slot, SocketSlot.rxTailAcquire(Memory.REGION, slot));
        VarHandle.fullFence();
        result.r1 = (int) SocketSlot.rxTailAcquire(Memory.REGION, slot);
    }
}
