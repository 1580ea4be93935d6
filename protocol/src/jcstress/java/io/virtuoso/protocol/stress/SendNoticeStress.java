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

/**
 * A notice is outstanding (tx_tail 1, tx_seen 0). The guest writes more while the host acts on the notice: bytes that
 * the host's last look misses must come with a notice of their own.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "missed, but told")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "seen, no notice needed")
@Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "seen and told: one notice too many")
@Outcome(expect = FORBIDDEN, desc = "bytes that nobody will look at")
@State
public class SendNoticeStress {
    private final int slot = Memory.piece();

    public SendNoticeStress() {
        SocketSlot.txTailRelease(Memory.REGION, slot, 1);
    }

    /** Writes [1, 2). */
    @Actor
    public void guest(II_Result result) {
        SocketSlot.txTailRelease(Memory.REGION, slot, 2);
        VarHandle.fullFence();
        result.r2 = SocketSlot.txSeenAcquire(Memory.REGION, slot) >= 1 ? 1 : 0;
    }

    /** Takes the outstanding notice. */
    @Actor
    public void host(II_Result result) {
        SocketSlot.txSeenRelease(Memory.REGION, slot, SocketSlot.txTailAcquire(Memory.REGION, slot));
        VarHandle.fullFence();
        result.r1 = (int) SocketSlot.txTailAcquire(Memory.REGION, slot);
    }
}
