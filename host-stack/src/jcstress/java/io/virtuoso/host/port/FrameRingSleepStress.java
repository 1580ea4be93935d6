package io.virtuoso.host.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The reader falls asleep while the writer puts something in: it finds that in time, or is rung for. */
@JCStressTest
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "asleep and rung")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "found, and awake")
@Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "found and rung")
@Outcome(expect = FORBIDDEN, desc = "asleep with a frame waiting")
@State
public class FrameRingSleepStress {
    private final ByteBuffer source = ByteBuffer.allocate(8);
    private final FrameRing ring = new FrameRing(ByteBuffer.allocate(64));
    private int rung;

    public FrameRingSleepStress() {
        ring.bell(() -> rung++);
    }

    @Actor
    public void writer(II_Result result) {
        ring.offer(source, 0, 8);
        ring.announce();
        result.r2 = rung;
    }

    @Actor
    public void reader(II_Result result) {
        result.r1 = ring.fallAsleep() ? 0 : 1;
    }
}
