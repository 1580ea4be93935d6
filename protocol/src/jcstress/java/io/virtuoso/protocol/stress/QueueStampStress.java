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

/** An entry whose stamp is seen is seen whole. */
@JCStressTest
@Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "not there yet")
@Outcome(id = "5, 7, 9", expect = ACCEPTABLE, desc = "whole")
@Outcome(expect = FORBIDDEN, desc = "torn")
@State
public class QueueStampStress {
    private final int piece = Memory.piece();
    private final EntryQueueProducer producer = new EntryQueueProducer(Memory.REGION, piece, piece + 64, 2);
    private final EntryQueueConsumer consumer = new EntryQueueConsumer(Memory.REGION, piece, piece + 64, 2);

    @Actor
    public void guest() {
        producer.offer(5, 7, 1, 2, 3, 4, 5, 6, 9);
    }

    @Actor
    public void host(III_Result result) {
        result.r1 = consumer.poll();
        result.r2 = consumer.slot();
        result.r3 = (int) consumer.arg4();
    }
}
