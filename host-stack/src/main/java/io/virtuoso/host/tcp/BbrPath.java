package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * BBR's model of the network path (draft-ietf-ccwg-bbr section 5.5): how fast it delivers, its round-trip time without a
 * queue, how much it takes without much loss in the long run, and what loss says about the moment. Names are the draft's.
 * Bytes, bytes per second, nanoseconds.
 */
final class BbrPath {
    static final long UNBOUNDED = 1L << 50;

    private static final long MIN_RTT_FILTER_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long PROBE_RTT_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int BETA_PERCENT = 70;
    private static final int HEADROOM_PERCENT = 15;
    /** Half of BBR.ExtraAckedFilterLen: the filter holds two such spans. */
    private static final int EXTRA_ACKED_ROUNDS = 5;

    /** BBR.max_bw_filter: what was seen in this probing cycle and in the one before. */
    private long bwOfCycle;

    private long bwOfCycleBefore;
    /** BBR.bw_shortterm, inflight_shortterm and inflight_longterm. */
    private long bwShortterm = UNBOUNDED;

    private long inflightShortterm = UNBOUNDED;
    private long inflightLongterm = UNBOUNDED;

    private long minRttNs = Long.MAX_VALUE;
    private long minRttStampNs;
    private long probeRttMinNs = Long.MAX_VALUE;
    private long probeRttMinStampNs;
    private boolean probeRttExpired;

    /** C.delivered, as told last. */
    private long delivered;

    private long nextRoundDelivered;
    private boolean roundStart;
    private long roundCount;

    private long lossRoundDelivered;
    private boolean lossRoundStart;
    private boolean lossInRound;
    private long bwLatest;
    private long inflightLatest;

    private long extraAckedSinceNs;
    private long extraAckedDelivered;
    private long extraAcked;
    private long extraAckedBefore;
    private int extraAckedRounds;

    /** What a loss changes, for {@link #undo}. */
    private long bwShorttermBefore;

    private long inflightShorttermBefore;
    private long inflightLongtermBefore;

    void begin(long nowNs) {
        minRttStampNs = nowNs;
        probeRttMinStampNs = nowNs;
        extraAckedSinceNs = nowNs;
    }

    // ---- rounds ------------------------------------------------------------------------------------------------

    /** What is delivered from now on of what is sent from now on ends a round trip. */
    void startRound(long deliveredNow) {
        nextRoundDelivered = deliveredNow;
    }

    long delivered() {
        return delivered;
    }

    boolean isRoundStart() {
        return roundStart;
    }

    long roundCount() {
        return roundCount;
    }

    // ---- an acknowledgement, in this order ---------------------------------------------------------------------

    void updateLatestSignals(RateSample sample) {
        delivered = sample.totalDelivered;
        lossRoundStart = false;
        bwLatest = Math.max(bwLatest, sample.deliveryRate);
        inflightLatest = Math.max(inflightLatest, sample.delivered);
        if (sample.hasData && sample.priorDelivered >= lossRoundDelivered) {
            lossRoundDelivered = sample.totalDelivered;
            lossRoundStart = true;
        }
    }

    void updateBandwidth(RateSample sample) {
        roundStart = sample.hasData && sample.priorDelivered >= nextRoundDelivered;
        if (roundStart) {
            startRound(sample.totalDelivered);
            roundCount++;
        }
        if (sample.deliveryRate > 0 && (sample.deliveryRate >= maxBw() || !sample.appLimited)) {
            bwOfCycle = Math.max(bwOfCycle, sample.deliveryRate);
        }
    }

    /** At the end of a round trip: what its losses mean, unless it was there to provoke them. */
    void adaptToLoss(boolean probing, long cwnd) {
        if (!lossRoundStart) {
            return;
        }
        if (lossInRound && !probing) {
            long bw = bwShortterm == UNBOUNDED ? maxBw() : bwShortterm;
            long inflight = inflightShortterm == UNBOUNDED ? cwnd : inflightShortterm;
            bwShortterm = Math.max(bwLatest, bw * BETA_PERCENT / 100);
            inflightShortterm = Math.max(inflightLatest, inflight * BETA_PERCENT / 100);
        }
        lossInRound = false;
    }

    /** How much more arrives at once than the bandwidth explains. */
    void updateAggregation(RateSample sample, boolean fullPipe, long cwnd, long nowNs) {
        long expected = Rate.bytes(bw(), nowNs - extraAckedSinceNs);
        if (extraAckedDelivered <= expected) {
            extraAckedDelivered = 0;
            extraAckedSinceNs = nowNs;
            expected = 0;
        }
        extraAckedDelivered += sample.newlyAcked;
        if (roundStart) {
            extraAckedRounds++;
            if (extraAckedRounds >= (fullPipe ? EXTRA_ACKED_ROUNDS : 1)) {
                extraAckedRounds = 0;
                extraAckedBefore = extraAcked;
                extraAcked = 0;
            }
        }
        extraAcked = Math.max(extraAcked, Math.min(extraAckedDelivered - expected, cwnd));
    }

    void updateMinRtt(RateSample sample, long nowNs) {
        probeRttExpired = nowNs > probeRttMinStampNs + PROBE_RTT_INTERVAL_NS;
        if (sample.rttNs >= 0 && (sample.rttNs < probeRttMinNs || probeRttExpired)) {
            probeRttMinNs = Math.max(sample.rttNs, 1);
            probeRttMinStampNs = nowNs;
        }
        boolean expired = nowNs > minRttStampNs + MIN_RTT_FILTER_NS;
        if (probeRttMinNs < minRttNs || expired) {
            minRttNs = probeRttMinNs;
            minRttStampNs = probeRttMinStampNs;
        }
    }

    void advanceLatestSignals(RateSample sample) {
        if (lossRoundStart) {
            bwLatest = sample.deliveryRate;
            inflightLatest = sample.delivered;
        }
    }

    // ---- loss ----------------------------------------------------------------------------------------------------

    /** @return true for the first loss in a round trip */
    boolean noteLoss(long deliveredNow) {
        boolean first = !lossInRound;
        if (first) {
            lossRoundDelivered = deliveredNow;
        }
        lossInRound = true;
        return first;
    }

    /** A loss is seen that may turn out to be none. */
    void remember() {
        bwShorttermBefore = bwShortterm;
        inflightShorttermBefore = inflightShortterm;
        inflightLongtermBefore = inflightLongterm;
    }

    /** It was none. */
    void undo() {
        lossInRound = false;
        bwShortterm = Math.max(bwShortterm, bwShorttermBefore);
        inflightShortterm = Math.max(inflightShortterm, inflightShorttermBefore);
        inflightLongterm = Math.max(inflightLongterm, inflightLongtermBefore);
    }

    /** Forgets what it heard of congestion in this round trip. */
    void resetSignals() {
        lossInRound = false;
        bwLatest = 0;
        inflightLatest = 0;
    }

    void resetShortterm() {
        bwShortterm = UNBOUNDED;
        inflightShortterm = UNBOUNDED;
    }

    // ---- what it says --------------------------------------------------------------------------------------------

    /** A probing cycle has ended, unless nothing was measured in it. */
    void advanceCycle() {
        if (bwOfCycle != 0) {
            bwOfCycleBefore = bwOfCycle;
            bwOfCycle = 0;
        }
    }

    /** BBR.max_bw; 0: not known yet. */
    long maxBw() {
        return Math.max(bwOfCycle, bwOfCycleBefore);
    }

    /** BBR.bw. */
    long bw() {
        return Math.min(maxBw(), bwShortterm);
    }

    boolean hasRtt() {
        return minRttNs != Long.MAX_VALUE;
    }

    long minRttNs() {
        return minRttNs;
    }

    /** Bandwidth-delay product; only with {@link #hasRtt}. */
    long bdp(long bandwidth) {
        return Rate.bytes(bandwidth, minRttNs);
    }

    /** BBR.extra_acked. */
    long extraAcked() {
        return Math.max(extraAcked, extraAckedBefore);
    }

    /** The connection was idle: nothing was to be expected. */
    void restartAggregation(long nowNs) {
        extraAckedSinceNs = nowNs;
        extraAckedDelivered = 0;
    }

    long inflightLatest() {
        return inflightLatest;
    }

    boolean isLossRoundStart() {
        return lossRoundStart;
    }

    long inflightShortterm() {
        return inflightShortterm;
    }

    long inflightLongterm() {
        return inflightLongterm;
    }

    void setInflightLongterm(long bytes) {
        inflightLongterm = bytes;
    }

    /** BBR.inflight_longterm, less what is left to others. */
    long inflightWithHeadroom(int mss) {
        if (inflightLongterm == UNBOUNDED) {
            return UNBOUNDED;
        }
        return inflightLongterm - Math.max(mss, inflightLongterm * HEADROOM_PERCENT / 100);
    }

    /** BBR.Beta of something. */
    static long reduced(long bytes) {
        return bytes * BETA_PERCENT / 100;
    }

    // ---- ProbeRTT ------------------------------------------------------------------------------------------------

    /** Whether the smallest round-trip time is due to be looked at again. */
    boolean isProbeRttExpired() {
        return probeRttExpired;
    }

    void onProbeRttDone(long nowNs) {
        probeRttMinStampNs = nowNs;
    }
}
