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

/** The guest goes to sleep (for the seventh time) while the host posts an event. */
@JCStressTest
@Outcome(id = "0, 7", expect = ACCEPTABLE, desc = "asleep and woken from this sleep")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "found by the last look")
@Outcome(id = "1, 7", expect = ACCEPTABLE_INTERESTING, desc = "found and woken")
@Outcome(expect = FORBIDDEN, desc = "asleep with an event waiting")
@State
public class GuestSleepStress {
    private final int piece = Memory.piece();
    private final int context = piece + 256;
    private final EntryQueueProducer producer = new EntryQueueProducer(Memory.REGION, piece, piece + 64, 2);
    private final EntryQueueConsumer consumer = new EntryQueueConsumer(Memory.REGION, piece, piece + 64, 2);

    @Actor
    public void host(II_Result result) {
        producer.offer(1, 1, 1, 1);
        VarHandle.fullFence();
        result.r2 = ContextBlock.guestSleeping(Memory.REGION, context);
    }

    @Actor
    public void guest(II_Result result) {
        ContextBlock.guestSleeping(Memory.REGION, context, 7);
        VarHandle.fullFence();
        result.r1 = consumer.hasNext() ? 1 : 0;
    }
}
