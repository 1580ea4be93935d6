package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * When BBR looks for more bandwidth, and what comes of it: the phases of ProbeBW (draft-ietf-ccwg-bbr section 5.3.3). As
 * often as Reno would lose something at this rate, at least every three seconds. Names are the draft's.
 */
final class BbrProbe {
    /** What acknowledgements say of the latest probe (BBR.ack_phase). */
    private enum AckPhase {
        INIT,
        REFILLING,
        PROBE_STARTING,
        PROBE_FEEDBACK,
        PROBE_STOPPING
    }

    private static final long LEAST_WAIT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long RANDOM_WAIT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int MOST_RENO_ROUNDS = 63;
    private static final int MOST_UP_ROUNDS = 30;

    private final Bbr bbr;
    private final BbrPath path;
    private final BbrFullPipe fullPipe;

    private AckPhase ackPhase = AckPhase.INIT;
    /** BBR.is_bw_probe_sample: whether losses are told of what was sent to probe. */
    private boolean probeSample;

    private boolean prevTooHigh;
    private boolean prevPrecautionary;

    private long cycleStampNs;
    private long waitNs;
    private long roundsSinceUp;
    private int upRounds;
    private long upAcked;
    /** BBR.probe_up_acked_per_inc. */
    private long ackedPerIncrease = BbrPath.UNBOUNDED;

    private long random;

    BbrProbe(Bbr bbr, BbrPath path, BbrFullPipe fullPipe) {
        this.bbr = bbr;
        this.path = path;
        this.fullPipe = fullPipe;
    }

    boolean isProbeSample() {
        return probeSample;
    }

    void onRound() {
        roundsSinceUp++;
    }

    /** Something was lost that shows that the probe went too far; told once for a probe. */
    void onTooHigh() {
        prevTooHigh = true;
        probeSample = false;
    }

    /** No more is sent to probe. */
    void stop() {
        ackPhase = AckPhase.PROBE_STOPPING;
    }

    // ---- phases ------------------------------------------------------------------------------------------------

    void startDown(long delivered) {
        path.resetSignals();
        ackedPerIncrease = BbrPath.UNBOUNDED;
        pickWait(delivered);
        cycleStampNs = bbr.nowNs();
        ackPhase = AckPhase.PROBE_STOPPING;
        path.startRound(delivered);
        bbr.enter(Bbr.State.PROBE_BW_DOWN);
    }

    void startRefill(long delivered) {
        path.resetShortterm();
        upRounds = 0;
        upAcked = 0;
        prevPrecautionary = false;
        ackPhase = AckPhase.REFILLING;
        path.startRound(delivered);
        bbr.enter(Bbr.State.PROBE_BW_REFILL);
    }

    private void startUp(RateSample sample) {
        probeSample = true;
        ackPhase = AckPhase.PROBE_STARTING;
        path.startRound(sample.totalDelivered);
        fullPipe.reset(sample.deliveryRate);
        bbr.enter(Bbr.State.PROBE_BW_UP);
        raiseSlope();
    }

    /** UpdateProbeBWCyclePhase, once the pipe was full. */
    void update(RateSample sample) {
        if (adaptLongTermModel(sample)) {
            return;
        }
        switch (bbr.state()) {
            case PROBE_BW_DOWN -> {
                if (isTimeToProbe()) {
                    startRefill(sample.totalDelivered);
                } else if (isTimeToCruise(sample)) {
                    bbr.enter(Bbr.State.PROBE_BW_CRUISE);
                }
            }
            case PROBE_BW_CRUISE -> {
                if (isTimeToProbe()) {
                    startRefill(sample.totalDelivered);
                }
            }
            case PROBE_BW_REFILL -> {
                if (path.isRoundStart()) {
                    startUp(sample);
                }
            }
            case PROBE_BW_UP -> {
                if (isTimeToGoDown(sample)) {
                    startDown(sample.totalDelivered);
                }
            }
            case STARTUP, DRAIN, PROBE_RTT -> {}
        }
    }

    private boolean isTimeToProbe() {
        long renoRounds = Math.min(bbr.targetInflight() / bbr.mss(), MOST_RENO_ROUNDS);
        return bbr.nowNs() > cycleStampNs + waitNs || roundsSinceUp >= renoRounds;
    }

    private boolean isTimeToCruise(RateSample sample) {
        return sample.inflight <= bbr.inflightWithHeadroom() && sample.inflight <= bbr.inflight(path.maxBw());
    }

    private boolean isTimeToGoDown(RateSample sample) {
        if (prevTooHigh && sample.inflight >= path.inflightLongterm()) {
            prevPrecautionary = true;
            prevTooHigh = false;
            return true;
        }
        if (sample.windowLimited && bbr.cwnd() >= path.inflightLongterm()) {
            fullPipe.reset(sample.deliveryRate); // what holds back is what was lost, not the bandwidth
        } else if (fullPipe.isNow()) {
            prevTooHigh = false;
            return true;
        }
        return false;
    }

    /** How long to wait until the next probe: at random, lest flows probe in step. */
    private void pickWait(long delivered) {
        random ^= bbr.nowNs() ^ delivered << 32;
        random *= 0x9e3779b97f4a7c15L;
        random ^= random >>> 29;
        roundsSinceUp = random & 1;
        waitNs = LEAST_WAIT_NS + Math.floorMod(random >>> 1, RANDOM_WAIT_NS);
    }

    // ---- what may be in flight in the long run --------------------------------------------------------------------

    /** @return true: a state has begun */
    private boolean adaptLongTermModel(RateSample sample) {
        if (path.isRoundStart() && ackPhase == AckPhase.PROBE_STARTING) {
            ackPhase = AckPhase.PROBE_FEEDBACK;
        } else if (path.isRoundStart() && ackPhase == AckPhase.PROBE_STOPPING) {
            probeSample = false;
            ackPhase = AckPhase.INIT;
            if (bbr.state().isProbeBw() && !sample.appLimited) {
                path.advanceCycle();
            }
            if (bbr.state().isProbeBw() && prevPrecautionary && !prevTooHigh) {
                startRefill(sample.totalDelivered);
                return true;
            }
        }
        if (!Bbr.isInflightTooHigh(sample) && path.inflightLongterm() != BbrPath.UNBOUNDED) {
            path.setInflightLongterm(Math.max(path.inflightLongterm(), sample.txInFlight));
            if (bbr.state() == Bbr.State.PROBE_BW_UP) {
                probeUpward(sample);
            }
        }
        return false;
    }

    private void probeUpward(RateSample sample) {
        if (!sample.windowLimited || bbr.cwnd() < path.inflightLongterm()) {
            return;
        }
        upAcked += sample.newlyAcked;
        if (upAcked >= ackedPerIncrease) {
            long increases = upAcked / ackedPerIncrease;
            upAcked -= increases * ackedPerIncrease;
            path.setInflightLongterm(path.inflightLongterm() + increases * bbr.mss());
        }
        if (path.isRoundStart()) {
            raiseSlope();
        }
    }

    /** One segment in the first round trip, then twice as many in each. */
    private void raiseSlope() {
        long growth = 1L << upRounds;
        upRounds = Math.min(upRounds + 1, MOST_UP_ROUNDS);
        ackedPerIncrease = Math.max(bbr.cwnd() / growth, bbr.mss());
    }
}
