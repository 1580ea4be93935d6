package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.SocketSlot;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A process writes two bytes, one by one, while the host gives the connection to another process and sends what it saw
 * then; or leaves it, and sends all later. As many bytes as the process takes for written the host must send.
 */
@JCStressTest
@Outcome(id = {"0, 0, 1", "1, 1, 1", "2, 2, 1"}, expect = ACCEPTABLE, desc = "sent is what is written")
@Outcome(id = {"2, 0, 0", "2, 1, 0", "2, 2, 0"}, expect = ACCEPTABLE, desc = "it was not moved: the rest is sent later")
@Outcome(expect = FORBIDDEN, desc = "a byte is lost, or sent twice")
@State
public class MovedWriteStress {
    private final int slot = Memory.piece();
    private final boolean moves = (slot & Memory.PIECE) != 0;

    @Actor
    public void host(III_Result result) {
        SocketSlot.stateRelease(Memory.REGION, slot, io.virtuoso.protocol.State.MOVING);
        VarHandle.fullFence();
        long seen = SocketSlot.txTailAcquire(Memory.REGION, slot);
        SocketSlot.txSeenRelease(Memory.REGION, slot, seen);
        SocketSlot.stateRelease(Memory.REGION, slot, moves ? io.virtuoso.protocol.State.MOVED : 0);
        result.r2 = (int) seen;
        result.r3 = moves ? 1 : 0;
    }

    @Actor
    public void guest(III_Result result) {
        int written = 0;
        while (written < 2 && isWritten(written + 1)) {
            written++;
        }
        result.r1 = written;
    }

    private boolean isWritten(int tail) {
        SocketSlot.txTailRelease(Memory.REGION, slot, tail);
        VarHandle.fullFence();
        int state;
        do {
            state = SocketSlot.stateAcquire(Memory.REGION, slot);
        } while (state == io.virtuoso.protocol.State.MOVING);
        return state != io.virtuoso.protocol.State.MOVED || SocketSlot.txSeenAcquire(Memory.REGION, slot) >= tail;
    }
}
