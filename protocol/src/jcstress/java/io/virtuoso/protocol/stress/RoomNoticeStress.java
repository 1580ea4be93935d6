package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The guest asks for room while the host makes it: the guest sees the room, or the host sees the wish. */
@JCStressTest
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "asked in time: told")
@Outcome(id = "8, 0", expect = ACCEPTABLE, desc = "room seen before waiting")
@Outcome(id = "8, 1", expect = ACCEPTABLE_INTERESTING, desc = "both")
@Outcome(expect = FORBIDDEN, desc = "waits for ever")
@State
public class RoomNoticeStress {
    private final int slot = Memory.piece();

    public RoomNoticeStress() {
        SocketSlot.txWantRelease(Memory.REGION, slot, Abi.NEVER);
    }

    @Actor
    public void guest(II_Result result) {
        SocketSlot.txWantRelease(Memory.REGION, slot, 8);
        VarHandle.fullFence();
        result.r1 = (int) SocketSlot.txHeadAcquire(Memory.REGION, slot);
    }

    @Actor
    public void host(II_Result result) {
        SocketSlot.txHeadRelease(Memory.REGION, slot, 8);
        VarHandle.fullFence();
        long want = SocketSlot.txWantAcquire(Memory.REGION, slot);
        result.r2 = Long.compareUnsigned(want, 8) <= 0 ? 1 : 0;
    }
}
