package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A thread of the guest will wait for a socket in another context than before while the host tells of a new state: the news
 * comes where the thread waits, or the thread has seen the state before it waits.
 */
@JCStressTest
@Outcome(id = {"0, 1", "1, 0", "1, 1"}, expect = ACCEPTABLE, desc = "told, seen, or both")
@Outcome(expect = FORBIDDEN, desc = "the news went to the context that nobody looks at")
@State
public class ContextChangeStress {
    private final int slot = Memory.piece();

    @Actor
    public void host(II_Result result) {
        SocketSlot.stateRelease(Memory.REGION, slot, io.virtuoso.protocol.State.CONNECTED);
        VarHandle.fullFence();
        result.r1 = SocketSlot.contextAcquire(Memory.REGION, slot);
    }

    @Actor
    public void guest(II_Result result) {
        SocketSlot.contextRelease(Memory.REGION, slot, 1);
        VarHandle.fullFence();
        result.r2 = SocketSlot.stateAcquire(Memory.REGION, slot) == 0 ? 0 : 1;
    }
}
