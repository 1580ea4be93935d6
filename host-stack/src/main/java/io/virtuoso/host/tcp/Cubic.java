package io.virtuoso.host.tcp;

/**
 * CUBIC (RFC 9438): in congestion avoidance the window is a cubic function of the time since the last loss, flat around
 * the window at which that loss came, and never below what Reno would have. Slow start ends early where the round-trip
 * time says that a queue builds up (HyStart++, RFC 9406).
 *
 * <p>Names are the RFC's; windows are in segments here, as its formulas have them.
 */
final class Cubic extends CongestionWindow {
    /** RFC 9438 section 4.6. */
    private static final double BETA = 0.7;
    /** RFC 9438 section 5: segments per second cubed. */
    private static final double C = 0.4;
    /** RFC 9438 section 4.3: as aggressive as Reno with its factor of one half. */
    private static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MOST_GROWTH_PER_ROUND = 1.5;

    private final HyStart hyStart = new HyStart();

    /** The window just before the last loss, or less if flows seem to be joining (fast convergence). */
    private double wMax;
    /** The window just before the last loss, to which Reno's growth is compared. */
    private double cwndPrior;

    /** Whether an epoch of congestion avoidance has begun since the last loss. */
    private boolean inEpoch;

    private long epochStartNs;
    /** Seconds from the epoch's start to its flat part. */
    private double k;
    /** What Reno would have. */
    private double wEst;
    /** Growth that does not make a whole byte yet. */
    private double remainder;

    private long lastAckNs;

    /** What a loss changes, for {@link #undo}. */
    private double wMaxBefore;

    private double cwndPriorBefore;
    private boolean inEpochBefore;
    private long epochStartNsBefore;
    private double kBefore;
    private double wEstBefore;

    @Override
    public void onRttSample(long rttNs) {
        super.onRttSample(rttNs);
        if (window() < ssthresh()) {
            hyStart.onRttSample(rttNs);
        }
    }

    @Override
    public void onRound(long acked, long nowNs) {
        super.onRound(acked, nowNs);
        if (window() < ssthresh() && hyStart.onRound()) {
            endSlowStart();
        }
    }

    @Override
    long slowStartGrowth(long acked) {
        return hyStart.growth(acked);
    }

    @Override
    void avoidCongestion(long acked, long flight, long nowNs) {
        double cwnd = (double) window() / mss();
        if (!inEpoch) {
            beginEpoch(cwnd, nowNs);
        } else if (!isUsedUp(flight)) {
            // RFC 9438 section 4.2: time in which the application held back does not count.
            epochStartNs += nowNs - lastAckNs;
        }
        lastAckNs = nowNs;
        if (isUsedUp(flight)) {
            double segments = (double) acked / mss();
            growBy(growth(cwnd, segments, nowNs));
        }
    }

    private void beginEpoch(double cwnd, long nowNs) {
        inEpoch = true;
        epochStartNs = nowNs;
        remainder = 0;
        if (wMax < cwnd) {
            wMax = cwnd; // after slow start without a loss, or a timeout: RFC 9438 sections 4.8 and 4.10
        }
        k = Math.cbrt((wMax - cwnd) / C);
        wEst = cwnd;
        if (cwndPrior == 0) {
            cwndPrior = cwnd;
        }
    }

    /** How many segments the window grows by for so many that were acknowledged. */
    private double growth(double cwnd, double acked, long nowNs) {
        double t = (nowNs - epochStartNs) / NANOS_PER_SECOND;
        wEst += (wEst >= cwndPrior ? 1 : ALPHA) * acked / cwnd;
        if (cubicWindow(t) < wEst) {
            return Math.max(wEst - cwnd, 0);
        }
        double ahead = cubicWindow(t + srttNs() / NANOS_PER_SECOND);
        double target = Math.clamp(ahead, cwnd, MOST_GROWTH_PER_ROUND * cwnd);
        return (target - cwnd) / cwnd * acked;
    }

    private double cubicWindow(double t) {
        double fromFlat = t - k;
        return C * fromFlat * fromFlat * fromFlat + wMax;
    }

    private void growBy(double segments) {
        double bytes = segments * mss() + remainder;
        long whole = (long) bytes;
        remainder = bytes - whole;
        grow(whole);
    }

    @Override
    long thresholdAfterLoss(long flight) {
        double cwnd = (double) window() / mss();
        // Fast convergence, RFC 9438 section 4.7: a window smaller than at the loss before makes room for new flows.
        wMax = cwnd < wMax ? cwnd * (1 + BETA) / 2 : cwnd;
        cwndPrior = cwnd;
        return Math.max((long) (flight * BETA), 2L * mss());
    }

    @Override
    public void onTimeout(long flight, boolean first, boolean repairing) {
        super.onTimeout(flight, first, repairing);
        wMax = 0; // the first epoch after a timeout begins at its flat part: RFC 9438 section 4.8
        hyStart.restart();
    }

    @Override
    public void remember() {
        super.remember();
        wMaxBefore = wMax;
        cwndPriorBefore = cwndPrior;
        inEpochBefore = inEpoch;
        epochStartNsBefore = epochStartNs;
        kBefore = k;
        wEstBefore = wEst;
    }

    @Override
    public void undo() {
        super.undo();
        wMax = wMaxBefore;
        cwndPrior = cwndPriorBefore;
        inEpoch = inEpochBefore;
        epochStartNs = epochStartNsBefore;
        k = kBefore;
        wEst = wEstBefore;
    }

    @Override
    public void onIdle(long nowNs) {
        super.onIdle(nowNs);
        restartAvoidance();
    }

    @Override
    void restartAvoidance() {
        inEpoch = false;
    }
}
