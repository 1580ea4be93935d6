package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Small parts by themselves. */
class PartsTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    @Test
    void shouldCompareAcrossTheWrap() {
        assertTrue(Seq.lessThan(0xffff_fff0, 5));
        assertTrue(Seq.greaterThan(5, 0xffff_fff0));
        assertFalse(Seq.lessThan(7, 7));
        assertEquals(100, Seq.position(0xffff_fff0, 90, Seq.of(0xffff_fff0, 100)));
        assertEquals(-5, Seq.position(3, 0, Seq.of(3, -5)));
    }

    @Test
    void shouldFollowRfc6298() {
        RttEstimator rtt = new RttEstimator(200 * MS, 120_000 * MS);
        assertEquals(1_000 * MS, rtt.rtoNs());
        rtt.onSample(100 * MS);
        assertEquals(300 * MS, rtt.rtoNs());
        rtt.backOff();
        rtt.backOff();
        assertEquals(1_200 * MS, rtt.rtoNs());
        rtt.onSample(180 * MS);
        assertEquals(110 * MS, rtt.srttNs());
        assertEquals(57_500_000, rtt.rttvarNs());
        assertEquals(340 * MS, rtt.rtoNs());
        for (int i = 0; i < 100; i++) {
            rtt.onSample(MS);
        }
        assertEquals(200 * MS, rtt.rtoNs());
        for (int i = 0; i < 40; i++) {
            rtt.backOff();
        }
        assertEquals(120_000 * MS, rtt.rtoNs());
    }

    @Test
    void shouldGrowAndHalveTheCongestionWindow() {
        NewReno reno = new NewReno();
        reno.onEstablished(1_000, false);
        assertEquals(10_000, reno.cwnd());
        reno.onAck(10_000, 10_000, false, 0);
        assertEquals(20_000, reno.cwnd());
        reno.onAck(5_000, 5_000, false, 0);
        assertEquals(20_000, reno.cwnd(), "not used up, so not grown");
        reno.onFastRetransmit(20_000);
        assertEquals(10_000, reno.ssthresh());
        assertEquals(10_000, reno.cwnd());
        reno.onDuplicateAcks(3);
        assertEquals(13_000, reno.cwnd());
        reno.onDuplicateAcks(1);
        assertEquals(14_000, reno.cwnd());
        reno.onPartialAck(4_000);
        assertEquals(11_000, reno.cwnd());
        reno.onRecovered(20_000);
        assertEquals(10_000, reno.cwnd());
        reno.onAck(10_000, 10_000, false, 0);
        assertEquals(11_000, reno.cwnd(), "one segment per round trip");
        reno.onTimeout(11_000, true, false);
        assertEquals(1_000, reno.cwnd());
        assertEquals(5_000, reno.ssthresh());
        reno.onTimeout(1_000, false, false);
        assertEquals(5_000, reno.ssthresh());
    }

    @Test
    void shouldKeepTheInitialWindowOfRfc6928() {
        NewReno reno = new NewReno();
        reno.onEstablished(1_460, false);
        assertEquals(14_600, reno.cwnd());
        reno.onEstablished(9_000, false);
        assertEquals(18_000, reno.cwnd());
        reno.onEstablished(1_460, true);
        assertEquals(1_460, reno.cwnd());
    }

    @Test
    void shouldKeepRangesLikeASet() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Ranges ranges = new Ranges();
            BitSet model = new BitSet();
            for (int step = 0; step < 60; step++) {
                int start = 1 + random.nextInt(400);
                int end = start + 1 + random.nextInt(30);
                if (ranges.add(start, end)) {
                    model.set(start, end);
                }
                assertSame(model, ranges);
            }
            int from = random.nextInt(200);
            long reached = ranges.takeFrom(from);
            assertTrue(reached >= from);
            model.clear(0, (int) reached);
            assertSame(model, ranges);
        }
    }

    private static void assertSame(BitSet model, Ranges ranges) {
        int at = 0;
        for (int i = 0; i < ranges.count(); i++) {
            int start = model.nextSetBit(at);
            assertEquals(start, ranges.start(i));
            at = model.nextClearBit(start);
            assertEquals(at, ranges.end(i));
            assertEquals(i, ranges.indexOf(start));
        }
        assertEquals(-1, model.nextSetBit(at));
    }

    @Test
    void shouldHashInitialSequenceNumbers() {
        InitialSequence sequence = new InitialSequence(1, 2);
        int first = sequence.sequence(10, 80, 20, 4_000, 0, 0);
        assertEquals(first + 250, sequence.sequence(10, 80, 20, 4_000, 0, MS));
        assertNotEquals(first, sequence.sequence(10, 80, 20, 4_001, 0, 0));
        assertNotEquals(first, sequence.sequence(10, 80, 20, 4_000, 1, 0));
        assertNotEquals(first, new InitialSequence(1, 3).sequence(10, 80, 20, 4_000, 0, 0));
        assertEquals(sequence.timestampOffset(10, 80, 20, 4_000, 0), sequence.timestampOffset(10, 80, 20, 4_000, 0));
    }

    @Test
    void shouldChooseTheSmallestSufficientWindowScale() {
        assertEquals(0, TcpConfig.DEFAULTS.withReceiveBytes(1_000, 65_535).receiveWindowScale());
        assertEquals(1, TcpConfig.DEFAULTS.withReceiveBytes(1_000, 65_536).receiveWindowScale());
        assertEquals(7, TcpConfig.DEFAULTS.withReceiveBytes(1_000, 4 << 20).receiveWindowScale());
        assertEquals(
                14,
                TcpConfig.DEFAULTS.withReceiveBytes(1_000, Integer.MAX_VALUE).receiveWindowScale());
    }
}
