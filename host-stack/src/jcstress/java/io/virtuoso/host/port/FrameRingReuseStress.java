package io.virtuoso.host.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The ring is full, and its next record falls on its end: no record is overwritten before its reader has copied it. */
@JCStressTest
@Outcome(id = {"1, 2, 0", "1, 2, 1"}, expect = ACCEPTABLE, desc = "old records, new one refused or taken")
@Outcome(expect = FORBIDDEN, desc = "a record was overwritten or lost")
@State
public class FrameRingReuseStress {
    private final ByteBuffer source = ByteBuffer.allocate(28);
    private final ByteBuffer target = ByteBuffer.allocate(28);
    private final FrameRing ring = new FrameRing(ByteBuffer.allocate(64));

    public FrameRingReuseStress() {
        put(1);
        put(2);
    }

    private boolean put(int value) {
        source.putInt(0, value).putInt(24, value);
        return ring.offer(source, 0, 28);
    }

    @Actor
    public void writer(III_Result result) {
        result.r3 = put(3) ? 1 : 0;
    }

    @Actor
    public void reader(III_Result result) {
        result.r1 = take();
        result.r2 = take();
    }

    private int take() {
        if (ring.take(target, 0) == FrameRing.EMPTY) {
            return 0;
        }
        return target.getInt(0) == target.getInt(24) ? target.getInt(0) : -1;
    }
}
