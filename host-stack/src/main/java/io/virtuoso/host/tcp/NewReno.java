package io.virtuoso.host.tcp;

/** Congestion avoidance by one segment for each round trip, half of it after a loss (RFC 5681). */
class NewReno extends CongestionWindow {
    /** Bytes acknowledged since the window last grew, in congestion avoidance (RFC 3465 section 2.1). */
    private long ackedSinceGrowth;

    @Override
    void avoidCongestion(long acked, long flight, long nowNs) {
        if (isUsedUp(flight)) {
            ackedSinceGrowth += acked;
            if (ackedSinceGrowth >= window()) {
                ackedSinceGrowth -= window();
                grow(mss());
            }
        }
    }

    /** Whole segments: a part of one may not be sent, but the window would have to be acknowledged with it to grow. */
    @Override
    long thresholdAfterLoss(long flight) {
        return Math.max(flight / 2 / mss(), 2) * mss();
    }

    @Override
    void restartAvoidance() {
        ackedSinceGrowth = 0;
    }
}
