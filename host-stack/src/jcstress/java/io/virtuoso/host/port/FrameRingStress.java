package io.virtuoso.host.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Records come whole and in their order, or not yet. */
@JCStressTest
@Outcome(id = {"0, 0, 0", "1, 0, 0", "1, 2, 0", "1, 2, 3"}, expect = ACCEPTABLE, desc = "a beginning of what was put in")
@Outcome(id = {"0, 1, 0", "0, 0, 1", "0, 1, 2", "1, 0, 2"}, expect = ACCEPTABLE, desc = "the same, come between looks")
@Outcome(expect = FORBIDDEN, desc = "a record is torn, lost, or overtaken")
@State
public class FrameRingStress {
    private final ByteBuffer source = ByteBuffer.allocate(8);
    private final ByteBuffer target = ByteBuffer.allocate(8);
    private final FrameRing ring = new FrameRing(ByteBuffer.allocate(64));

    @Actor
    public void writer() {
        for (int i = 1; i <= 3; i++) {
            source.putInt(0, i).putInt(4, i);
            ring.offer(source, 0, 8);
        }
    }

    @Actor
    public void reader(III_Result result) {
        result.r1 = take();
        result.r2 = take();
        result.r3 = take();
    }

    private int take() {
        if (ring.take(target, 0) == FrameRing.EMPTY) {
            return 0;
        }
        return target.getInt(0) == target.getInt(4) ? target.getInt(0) : -1;
    }
}
