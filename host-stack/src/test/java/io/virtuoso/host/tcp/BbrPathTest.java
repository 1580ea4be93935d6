package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** BBR's model of the path, from samples made by hand. */
class BbrPathTest {
    private static final int MSS = 1_000;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final BbrPath path = new BbrPath();
    private final RateSample sample = new RateSample();
    private long nowNs = 100 * SECOND;

    BbrPathTest() {
        path.begin(nowNs);
        sample.clear();
        sample.hasData = true;
    }

    /** A sample that ends a round trip. */
    private void round(long rate, long rttNs) {
        sample.priorDelivered = sample.totalDelivered;
        sample.totalDelivered += 10 * MSS;
        sample.delivered = 10 * MSS;
        sample.newlyAcked = 10 * MSS;
        sample.deliveryRate = rate;
        sample.rttNs = rttNs;
        take();
    }

    private void take() {
        path.updateLatestSignals(sample);
        path.updateBandwidth(sample);
        path.adaptToLoss(false, 100 * MSS);
        path.updateAggregation(sample, true, 100 * MSS, nowNs);
        path.updateMinRtt(sample, nowNs);
        path.advanceLatestSignals(sample);
    }

    @Test
    void shouldRememberTheBestBandwidthForTwoCycles() {
        round(1_000_000, MS);
        round(500_000, MS);
        assertEquals(1_000_000, path.maxBw());
        path.advanceCycle();
        round(600_000, MS);
        assertEquals(1_000_000, path.maxBw());
        path.advanceCycle();
        assertEquals(600_000, path.maxBw());
        path.advanceCycle();
        assertEquals(600_000, path.maxBw(), "nothing was measured in that cycle");
    }

    @Test
    void shouldTakeRatesOfAnApplicationOnlyIfTheyAreBetter() {
        round(1_000_000, MS);
        path.advanceCycle();
        sample.appLimited = true;
        round(500_000, MS);
        path.advanceCycle();
        assertEquals(1_000_000, path.maxBw(), "the cycle is not over: nothing was measured");
        round(2_000_000, MS);
        assertEquals(2_000_000, path.maxBw());
    }

    @Test
    void shouldCountRoundTrips() {
        round(1_000_000, MS);
        assertTrue(path.isRoundStart());
        sample.totalDelivered += MSS;
        take();
        assertFalse(path.isRoundStart(), "sent before the round trip began");
        round(1_000_000, MS);
        assertTrue(path.isRoundStart());
        assertEquals(2, path.roundCount());
    }

    @Test
    void shouldRememberTheShortestRoundTripForTenSeconds() {
        round(1_000_000, 10 * MS);
        nowNs += 4 * SECOND;
        round(1_000_000, 20 * MS);
        assertEquals(10 * MS, path.minRttNs());
        assertEquals(10_000, path.bdp(1_000_000));
        assertFalse(path.isProbeRttExpired());
        nowNs += 2 * SECOND;
        round(1_000_000, 20 * MS);
        assertTrue(path.isProbeRttExpired(), "after five seconds it must be looked at again");
        assertEquals(10 * MS, path.minRttNs());
        nowNs += 5 * SECOND;
        round(1_000_000, 20 * MS);
        assertEquals(20 * MS, path.minRttNs());
        round(1_000_000, 5 * MS);
        assertEquals(5 * MS, path.minRttNs(), "a shorter one counts at once");
    }

    @Test
    void shouldGiveWayToLossOnceInARoundTrip() {
        round(1_000_000, 10 * MS);
        assertTrue(path.noteLoss(sample.totalDelivered));
        assertFalse(path.noteLoss(sample.totalDelivered), "the second in this round trip");
        round(1_000_000, 10 * MS);
        assertEquals(1_000_000, path.bw(), "as fast as ever in spite of the loss");
        assertEquals(70 * MSS, path.inflightShortterm());
        path.noteLoss(sample.totalDelivered);
        round(600_000, 10 * MS);
        path.noteLoss(sample.totalDelivered);
        round(600_000, 10 * MS);
        assertEquals(1_000_000 * 7 / 10, path.bw());
        path.resetShortterm();
        assertEquals(1_000_000, path.bw());
        assertEquals(BbrPath.UNBOUNDED, path.inflightShortterm());
    }

    @Test
    void shouldTakeBackWhatALossThatWasNoneHadChanged() {
        round(1_000_000, 10 * MS);
        path.noteLoss(sample.totalDelivered);
        path.remember();
        round(1_000_000, 10 * MS);
        path.setInflightLongterm(20 * MSS);
        path.undo();
        assertEquals(BbrPath.UNBOUNDED, path.inflightShortterm());
        assertEquals(BbrPath.UNBOUNDED, path.inflightLongterm());
    }

    @Test
    void shouldLeaveRoomForOthers() {
        assertEquals(BbrPath.UNBOUNDED, path.inflightWithHeadroom(MSS));
        path.setInflightLongterm(100 * MSS);
        assertEquals(85 * MSS, path.inflightWithHeadroom(MSS));
        path.setInflightLongterm(4 * MSS);
        assertEquals(3 * MSS, path.inflightWithHeadroom(MSS));
    }

    @Test
    void shouldSeeThatAcknowledgementsComeTogether() {
        round(1_000_000, 10 * MS);
        nowNs += 10 * MS;
        round(1_000_000, 10 * MS);
        nowNs += 20 * MS;
        sample.newlyAcked = 30 * MSS;
        path.updateAggregation(sample, true, 100 * MSS, nowNs);
        assertEquals(30 * MSS, path.extraAcked(), "all at once, where nothing had been for a while");
    }
}
