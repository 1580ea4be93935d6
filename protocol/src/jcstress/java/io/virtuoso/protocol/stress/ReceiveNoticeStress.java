package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * An event is outstanding (rx_tail 1, rx_seen 0). The host delivers more while the guest acts on the event. If that comes
 * without an event of its own, the guest must have taken note of it: what the host delivers after that is announced only
 * to a guest that has seen all before.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "missed, but told")
@Outcome(id = "0, 2", expect = ACCEPTABLE, desc = "seen, no event needed")
@Outcome(id = "1, 2", expect = ACCEPTABLE_INTERESTING, desc = "seen and told: one event too many")
@Outcome(expect = FORBIDDEN, desc = "nothing will ever be announced again")
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
        result.r1 = SocketSlot.rxSeenAcquire(Memory.REGION, slot) >= 1 ? 1 : 0;
    }

    /** Takes the outstanding event. */
    @Actor
    public void guest() {
        SocketSlot.rxSeenRaise(Memory.REGION, slot);
    }

    @Arbiter
    public void afterwards(II_Result result) {
        result.r2 = (int) SocketSlot.rxSeenAcquire(Memory.REGION, slot);
    }
}
