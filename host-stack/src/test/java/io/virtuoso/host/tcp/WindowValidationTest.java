package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is known of the use of a window, and what becomes of one that is not used (RFC 7661). */
class WindowValidationTest {
    private static final int MSS = 1_000;
    private static final long RTT_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long PERIOD_NS = TimeUnit.MINUTES.toNanos(5);

    private final WindowValidation validation = new WindowValidation();
    private long nowNs = 100 * SECOND_NS;

    @Test
    void shouldHoldAWindowForUsedBeforeTheFirstSample() {
        assertTrue(validation.isValidated(100 * MSS, 0));
        validation.onSample(10 * MSS, RTT_NS, nowNs);
        assertFalse(validation.isValidated(100 * MSS, 0));
        validation.forget();
        assertTrue(validation.isValidated(100 * MSS, 0));
    }

    @Test
    void shouldBeSatisfiedWithHalfOfTheWindow() {
        validation.onSample(50 * MSS, RTT_NS, nowNs);
        assertTrue(validation.isValidated(100 * MSS, 0));
        assertFalse(validation.isValidated(102 * MSS, 0));
        assertTrue(validation.isValidated(102 * MSS, 51 * MSS), "what is in flight counts as well");
    }

    @Test
    void shouldRememberTheLargestSampleForASecond() {
        validation.onSample(50 * MSS, RTT_NS, nowNs);
        nowNs += SECOND_NS / 2;
        validation.onSample(5 * MSS, RTT_NS, nowNs);
        assertEquals(50 * MSS, validation.used(0));
        nowNs += SECOND_NS / 2;
        validation.onSample(5 * MSS, RTT_NS, nowNs);
        assertEquals(5 * MSS, validation.used(0));
    }

    @Test
    void shouldRememberForThreeRoundTripsWhereThoseAreLong() {
        validation.onSample(50 * MSS, SECOND_NS, nowNs);
        nowNs += 2 * SECOND_NS;
        validation.onSample(5 * MSS, SECOND_NS, nowNs);
        assertEquals(50 * MSS, validation.used(0));
        nowNs += 2 * SECOND_NS;
        validation.onSample(5 * MSS, SECOND_NS, nowNs);
        assertEquals(5 * MSS, validation.used(0));
    }

    @Test
    void shouldFindAWindowTooOldOnceForEveryFiveMinutes() {
        validation.onSample(50 * MSS, RTT_NS, nowNs);
        assertFalse(validation.isTooOld(100 * MSS, 0, RTT_NS, nowNs));
        nowNs += PERIOD_NS - 1;
        assertFalse(validation.isTooOld(100 * MSS, 0, RTT_NS, nowNs));
        nowNs += PERIOD_NS;
        assertTrue(validation.isTooOld(100 * MSS, 0, RTT_NS, nowNs));
        assertFalse(validation.isTooOld(100 * MSS, 0, RTT_NS, nowNs));
    }

    @Test
    void shouldHalveAnOldWindowAndRaiseItsThreshold() {
        for (CongestionAlgorithm algorithm :
                List.of(CongestionAlgorithm.CUBIC, CongestionAlgorithm.RENO, CongestionAlgorithm.DCTCP)) {
            CongestionControl control = grown(algorithm);
            control.onFastRetransmit(control.cwnd());
            control.onRepaired(MSS);
            long window = control.cwnd();
            control.onRound(MSS, nowNs);
            control.onAck(MSS, MSS, false, nowNs);
            nowNs += PERIOD_NS;
            control.onAck(MSS, MSS, false, nowNs);
            assertEquals(window / 2, control.cwnd(), algorithm.linuxName());
            assertEquals(window, control.ssthresh(), "the threshold was higher");
        }
    }

    @Test
    void shouldCountOnlyWhatWasUsedWhenSomethingIsLost() {
        NewReno control = (NewReno) grown(CongestionAlgorithm.RENO);
        control.onRound(20 * MSS, nowNs);
        control.onFastRetransmit(10 * MSS);
        assertEquals(10 * MSS, control.cwnd(), "half of pipeACK");
        control.onRepaired(4 * MSS);
        assertEquals(8 * MSS, control.cwnd());
    }

    @Test
    void shouldOpenInBurstsAfterIdleness() {
        CongestionControl control = grown(CongestionAlgorithm.CUBIC);
        long window = control.cwnd();
        nowNs += SECOND_NS;
        control.onIdle(nowNs);
        assertEquals(10 * MSS, control.cwnd());
        int acks = 0;
        while (control.cwnd() < window) {
            long before = control.cwnd();
            control.onAck(2 * MSS, before, false, nowNs);
            acks++;
            assertTrue(control.cwnd() - before <= 8 * MSS || control.cwnd() >= window, "at most ten segments at once");
        }
        assertTrue(acks <= window / (8 * MSS) + 1, acks + " acknowledgements");
    }

    /** In slow start up to more than a hundred segments. */
    private CongestionControl grown(CongestionAlgorithm algorithm) {
        CongestionControl control = algorithm.create();
        control.onEstablished(MSS, false);
        control.onRttSample(RTT_NS);
        while (control.cwnd() <= 100 * MSS) {
            nowNs += RTT_NS;
            long window = control.cwnd();
            control.onRound(window, nowNs);
            control.onAck(window, window, false, nowNs);
        }
        nowNs += 2 * SECOND_NS;
        control.onRound(MSS, nowNs);
        return control;
    }
}
