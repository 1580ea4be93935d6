package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Congestion avoidance of RFC 9438, driven by hand: one ACK for a whole window each round trip. */
class CubicTest {
    private static final int MSS = 1_000;
    private static final long RTT_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Cubic cubic = new Cubic();
    private long nowNs = TimeUnit.SECONDS.toNanos(5);

    CubicTest() {
        cubic.onEstablished(MSS, false);
        cubic.onRttSample(RTT_NS);
    }

    @Test
    void shouldDoubleInSlowStart() {
        assertEquals(10 * MSS, cubic.cwnd());
        round();
        assertEquals(20 * MSS, cubic.cwnd());
    }

    @Test
    void shouldFallToSevenTenthsAfterALoss() {
        growTo(1_000 * MSS);
        long before = cubic.cwnd();
        cubic.onFastRetransmit(before);
        assertEquals(before * 0.7, cubic.cwnd(), 1);
        assertEquals(cubic.ssthresh(), cubic.cwnd());
    }

    @Test
    void shouldComeBackToTheWindowOfTheLossWhenTheFormulaSays() {
        growTo(1_000 * MSS);
        double wMax = (double) cubic.cwnd() / MSS;
        cubic.onFastRetransmit(cubic.cwnd());
        double k = Math.cbrt(wMax * 0.3 / 0.4);
        long end = nowNs + (long) (k * 1e9);
        while (nowNs < end - RTT_NS) {
            round();
        }
        double reached = (double) cubic.cwnd() / MSS;
        assertTrue(reached > 0.97 * wMax && reached < 1.01 * wMax, reached + " of " + wMax);
    }

    @Test
    void shouldBeFlatAroundTheWindowOfTheLossAndSteepFarFromIt() {
        growTo(1_000 * MSS);
        cubic.onFastRetransmit(cubic.cwnd());
        round();
        long early = growthOfRound();
        for (int i = 0; i < 80; i++) {
            round();
        }
        long flat = growthOfRound();
        for (int i = 0; i < 100; i++) {
            round();
        }
        long steep = growthOfRound();
        assertTrue(early > 3 * flat, early + " then " + flat);
        assertTrue(steep > 3 * flat, flat + " then " + steep);
    }

    @Test
    void shouldNotFallBehindRenoOnAShortPath() {
        NewReno reno = new NewReno();
        reno.onEstablished(MSS, false);
        Cubic shortPath = new Cubic();
        shortPath.onEstablished(MSS, false);
        long rttNs = TimeUnit.MILLISECONDS.toNanos(1);
        shortPath.onRttSample(rttNs);
        for (CongestionWindow window : new CongestionWindow[] {reno, shortPath}) {
            window.onFastRetransmit(20 * MSS);
            for (int i = 0; i < 300; i++) {
                window.onAck(window.cwnd(), window.cwnd(), false, nowNs + i * rttNs);
            }
        }
        assertTrue(shortPath.cwnd() > reno.cwnd() * 9 / 10, shortPath.cwnd() + " against " + reno.cwnd());
    }

    @Test
    void shouldMakeRoomForOthersWhenLossesComeAtSmallerWindows() {
        growTo(1_000 * MSS);
        cubic.onFastRetransmit(cubic.cwnd());
        long lower = cubic.cwnd();
        cubic.onFastRetransmit(lower);
        double wMax = lower * 0.85;
        for (int i = 0; i < 60; i++) {
            round();
        }
        assertTrue(cubic.cwnd() < 1.05 * wMax, cubic.cwnd() + " soon beyond " + wMax);
    }

    @Test
    void shouldNotCountTimeInWhichTheApplicationHeldBack() {
        growTo(1_000 * MSS);
        cubic.onFastRetransmit(cubic.cwnd());
        round();
        long before = cubic.cwnd();
        for (int i = 0; i < 200; i++) {
            nowNs += RTT_NS;
            cubic.onAck(MSS, 2 * MSS, false, nowNs);
        }
        assertEquals(before, cubic.cwnd());
        assertTrue(growthOfRound() < before / 20, "no jump afterwards");
    }

    @Test
    void shouldBeginWithOneSegmentAfterATimeout() {
        growTo(100 * MSS);
        cubic.onTimeout(100 * MSS, true, false);
        assertEquals(MSS, cubic.cwnd());
        assertEquals(70.0 * MSS, cubic.ssthresh(), 1);
    }

    @Test
    void shouldLeaveSlowStartWhenTheRoundTripTimeRises() {
        long rttNs = RTT_NS;
        for (int round = 0; round < 4; round++) {
            ackInPieces(rttNs);
        }
        long steadily = cubic.cwnd();
        assertEquals(160 * MSS, steadily);
        for (int round = 0; round < 8; round++) {
            rttNs += TimeUnit.MILLISECONDS.toNanos(20);
            ackInPieces(rttNs);
        }
        assertTrue(cubic.ssthresh() <= cubic.cwnd(), "in congestion avoidance");
        assertTrue(cubic.cwnd() < steadily * 8, "grew more slowly than by doubling: " + cubic.cwnd());
    }

    @Test
    void shouldGoBackToSlowStartWhenTheDelayHasGone() {
        for (int round = 0; round < 3; round++) {
            ackInPieces(RTT_NS);
        }
        ackInPieces(2 * RTT_NS);
        ackInPieces(RTT_NS);
        long before = cubic.cwnd();
        ackInPieces(RTT_NS);
        assertTrue(cubic.cwnd() >= 19 * before / 10, before + " then " + cubic.cwnd());
    }

    @Test
    void shouldGoOnWithTheWindowOfTheControlBefore() {
        TcpConnection connection = ScriptedPeer.established(ScriptedPeer.CONFIG).connection;
        TcpInfo before = connection.info();
        assertEquals(CongestionAlgorithm.RENO, before.congestion());
        connection.setCongestion(CongestionAlgorithm.CUBIC);
        assertEquals(CongestionAlgorithm.CUBIC, connection.info().congestion());
        assertEquals(before.cwnd(), connection.info().cwnd());
        assertEquals(before.ssthresh(), connection.info().ssthresh());
    }

    private void growTo(long window) {
        while (cubic.cwnd() < window) {
            round();
        }
    }

    private long growthOfRound() {
        long before = cubic.cwnd();
        round();
        return cubic.cwnd() - before;
    }

    private void round() {
        nowNs += RTT_NS;
        cubic.onAck(cubic.cwnd(), cubic.cwnd(), false, nowNs);
    }

    /** A round trip in which ten ACKs come, each with a measurement. */
    private void ackInPieces(long rttNs) {
        cubic.onRound(cubic.cwnd(), nowNs);
        long window = cubic.cwnd();
        for (int i = 0; i < 10; i++) {
            nowNs += rttNs / 10;
            cubic.onRttSample(rttNs);
            cubic.onAck(window / 10, cubic.cwnd(), false, nowNs);
        }
    }
}
