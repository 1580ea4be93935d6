package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Samples of draft-ietf-ccwg-bbr section 4.1, from segments of 1000 bytes. */
class DeliveryRateTest {
    private static final int MSS = 1_000;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final RttEstimator rtt = new RttEstimator(MS, 1000 * MS);
    private final DeliveryRate rate = new DeliveryRate((end, sentNs, again) -> {}, rtt);
    private long inflight;
    private long sent;

    /** @return when it was sent */
    private long send(long atMs) {
        rate.onSent(MSS, inflight, atMs * MS);
        inflight += MSS;
        sent += MSS;
        return atMs * MS;
    }

    private RateSample arrive(long sentNs, long end, long atMs) {
        rate.onArrived(end, sentNs, false);
        inflight -= MSS;
        return rate.onAck(MSS, inflight, atMs * MS);
    }

    @Test
    void shouldMeasureWhatArrivesInARoundTrip() {
        long[] at = new long[20];
        for (int i = 0; i < 10; i++) {
            at[i] = send(1000 + i);
        }
        for (int i = 0; i < 10; i++) {
            arrive(at[i], (i + 1L) * MSS, 1010 + i);
            at[10 + i] = send(1010 + i);
        }
        RateSample sample = arrive(at[10], 11 * MSS, 1020);
        assertEquals(10 * MSS, sample.delivered);
        assertEquals(1_000_000, sample.deliveryRate, "ten segments in 10 ms");
        assertEquals(10 * MS, sample.rttNs);
        assertEquals(MSS, sample.priorDelivered);
        assertEquals(11 * MSS, sample.totalDelivered);
        assertEquals(10 * MSS, sample.txInFlight);
        assertEquals(9 * MSS, sample.inflight);
    }

    @Test
    void shouldNotBelieveAcknowledgementsThatCameTogether() {
        long[] at = new long[10];
        for (int i = 0; i < 10; i++) {
            at[i] = send(1000 + 10 * i);
        }
        for (int i = 0; i < 9; i++) {
            arrive(at[i], (i + 1L) * MSS, 1110);
        }
        RateSample sample = arrive(at[9], 10 * MSS, 1110);
        assertEquals(Rate.of(10 * MSS, 110 * MS), sample.deliveryRate, "not faster than it was sent");
    }

    @Test
    void shouldSayWhenThereWasNothingToSend() {
        long first = send(1000);
        rate.markAppLimited(inflight);
        long second = send(1001);
        assertFalse(arrive(first, MSS, 1010).appLimited, "sent before");
        assertTrue(rate.isAppLimited());
        assertTrue(arrive(second, 2 * MSS, 1011).appLimited);
        assertFalse(rate.isAppLimited(), "what was in flight then has arrived");
        assertFalse(arrive(send(1012), 3 * MSS, 1022).appLimited);
    }

    @Test
    void shouldCountWhatWasLostSinceItWasSent() {
        long first = send(1000);
        long second = send(1001);
        long third = send(1002);
        RateSample loss = rate.onLost(MSS, second);
        assertEquals(MSS, loss.lost);
        assertEquals(MSS, loss.newlyLost);
        assertEquals(2 * MSS, loss.txInFlight);
        inflight -= MSS;
        assertEquals(MSS, arrive(third, 3 * MSS, 1012).lost);
        long again = send(1013);
        assertEquals(0, arrive(again, 2 * MSS, 1023).lost);
        assertEquals(0, arrive(first, MSS, 1024).newlyLost, "told once");
    }

    @Test
    void shouldTakeNoRttFromWhatWasSentAgain() {
        long first = send(1000);
        rate.onArrived(MSS, first, true);
        RateSample sample = rate.onAck(MSS, 0, 1010 * MS);
        assertEquals(-1, sample.rttNs);
        assertEquals(100_000, sample.deliveryRate);
    }

    @Test
    void shouldNotBelieveWhatComesFasterThanTheShortestRoundTrip() {
        rtt.onSentOnce(10 * MS, 900 * MS);
        long first = send(1000);
        RateSample sample = arrive(first, MSS, 1002);
        assertEquals(0, sample.deliveryRate);
        assertTrue(sample.hasData);
    }

    @Test
    void shouldMeasureNothingOfWhatItDidNotSeeSent() {
        rate.onArrived(MSS, 500 * MS, false);
        RateSample sample = rate.onAck(MSS, 0, 1000 * MS);
        assertFalse(sample.hasData);
        assertEquals(0, sample.deliveryRate);
        assertEquals(MSS, sample.totalDelivered);
    }

    @Test
    void shouldBeginAnewAfterIdleness() {
        arrive(send(1000), MSS, 1010);
        RateSample sample = arrive(send(9000), 2 * MSS, 9010);
        assertEquals(100_000, sample.deliveryRate, "the pause does not count");
        assertEquals(2 * MSS, sent);
    }
}
