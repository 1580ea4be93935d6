package io.virtuoso.protocol.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.virtuoso.protocol.EntryQueueConsumer;
import io.virtuoso.protocol.EntryQueueProducer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** An entry is not overwritten before its consumer has copied it and published its head. */
@JCStressTest
@Outcome(id = {"1, 2, 0", "1, 2, 1"}, expect = ACCEPTABLE, desc = "old entries, new one refused or taken")
@Outcome(expect = FORBIDDEN, desc = "an entry was overwritten or lost")
@State
public class QueueReuseStress {
    private final int piece = Memory.piece();
    private final EntryQueueProducer producer = new EntryQueueProducer(Memory.REGION, piece, piece + 64, 2);
    private final EntryQueueConsumer consumer = new EntryQueueConsumer(Memory.REGION, piece, piece + 64, 2);

    public QueueReuseStress() {
        producer.offer(5, 1, 0, 0);
        producer.offer(5, 2, 0, 0);
    }

    @Actor
    public void guest(III_Result result) {
        result.r3 = producer.offer(5, 3, 0, 0) ? 1 : 0;
    }

    @Actor
    public void host(III_Result result) {
        consumer.poll();
        result.r1 = consumer.slot();
        consumer.publish();
        consumer.poll();
        result.r2 = consumer.slot();
        consumer.publish();
    }
}
