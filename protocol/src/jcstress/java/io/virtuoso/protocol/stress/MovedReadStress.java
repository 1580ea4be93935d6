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
 * A process reads two bytes, one by one, while the host gives the connection to another process, which will read from
 * where the host saw the first one's head. As many bytes as the first process takes for read the other must not get.
 */
@JCStressTest
@Outcome(id = {"0, 0", "1, 1", "2, 2"}, expect = ACCEPTABLE, desc = "each byte is one process's")
@Outcome(expect = FORBIDDEN, desc = "a byte is read by both, or by none")
@State
public class MovedReadStress {
    private final int slot = Memory.piece();

    @Actor
    public void host(II_Result result) {
        SocketSlot.stateRelease(Memory.REGION, slot, io.virtuoso.protocol.State.MOVING);
        VarHandle.fullFence();
        int seen = (int) SocketSlot.rxHeadAcquire(Memory.REGION, slot);
        SocketSlot.rxMoved(Memory.REGION, slot, seen);
        SocketSlot.stateRelease(Memory.REGION, slot, io.virtuoso.protocol.State.MOVED);
        result.r2 = seen;
    }

    @Actor
    public void guest(II_Result result) {
        int read = 0;
        while (read < 2 && isRead(read + 1)) {
            read++;
        }
        result.r1 = read;
    }

    private boolean isRead(int head) {
        SocketSlot.rxHeadRelease(Memory.REGION, slot, head);
        VarHandle.fullFence();
        int state;
        do {
            state = SocketSlot.stateAcquire(Memory.REGION, slot);
        } while (state == io.virtuoso.protocol.State.MOVING);
        return state != io.virtuoso.protocol.State.MOVED || head - SocketSlot.rxMoved(Memory.REGION, slot) <= 0;
    }
}
