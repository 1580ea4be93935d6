package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.EntryQueueConsumer;
import io.virtuoso.protocol.EntryQueueProducer;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The host goes to sleep while the guest posts: the host's last look finds the command, or the guest rings. */
@JCStressTest
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "asleep and rung")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "found by the last look")
@Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "found and rung")
@Outcome(expect = FORBIDDEN, desc = "asleep with a command waiting")
@State
public class HostSleepStress {
    private final int piece = Memory.piece();
    private final int context = piece + 256;
    private final EntryQueueProducer producer = new EntryQueueProducer(Memory.REGION, piece, piece + 64, 2);
    private final EntryQueueConsumer consumer = new EntryQueueConsumer(Memory.REGION, piece, piece + 64, 2);

    @Actor
    public void guest(II_Result result) {
        producer.offer(6, 1, 1, 0);
        VarHandle.fullFence();
        result.r2 = ContextBlock.hostSleeping(Memory.REGION, context) != 0 ? 1 : 0;
    }

    @Actor
    public void host(II_Result result) {
        ContextBlock.hostSleeping(Memory.REGION, context, 1);
        VarHandle.fullFence();
        result.r1 = consumer.hasNext() ? 1 : 0;
    }
}
