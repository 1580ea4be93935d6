package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
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

/**
 * The host takes commands and goes to sleep while the guest posts one and rings at most once for each sleep number. A
 * ring for a command that the host took before it fell asleep finds nothing and wakes nobody, so it must not happen:
 * the number would count as rung.
 */
@JCStressTest
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "asleep and rung")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "found by the last look")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "found by the last look and rung")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "taken before the sleep")
@Outcome(id = "2, 1", expect = FORBIDDEN, desc = "taken before the sleep and rung: the next command wakes nobody")
@Outcome(expect = FORBIDDEN, desc = "asleep with a command waiting")
@State
public class HostSleepNumberStress {
    private final int piece = Memory.piece();
    private final int context = piece + 256;
    private final int head = context + ContextBlock.COMMAND_HEAD_OFFSET;
    private final EntryQueueProducer producer = new EntryQueueProducer(Memory.REGION, head, piece, 2);
    private final EntryQueueConsumer consumer = new EntryQueueConsumer(Memory.REGION, head, piece, 2);

    @Actor
    public void guest(II_Result result) {
        producer.offer(6, 1, 1, 0);
        VarHandle.fullFence();
        if (ContextBlock.hostSleeping(Memory.REGION, context) != 0
                && ContextBlock.commandHead(Memory.REGION, context) == 0) {
            result.r2 = 1;
        }
    }

    @Actor
    public void host(II_Result result) {
        final boolean taken = consumer.poll() != EntryQueueConsumer.EMPTY;
        consumer.publish();
        ContextBlock.hostSleeping(Memory.REGION, context, 1);
        VarHandle.fullFence();
        result.r1 = taken ? 2 : consumer.hasNext() ? 1 : 0;
    }
}
