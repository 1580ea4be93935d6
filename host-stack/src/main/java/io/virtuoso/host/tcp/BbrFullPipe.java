package io.virtuoso.host.tcp;

/** Whether the path's bandwidth is used up, because it has stopped to grow (draft-ietf-ccwg-bbr section 5.3.1.2). */
final class BbrFullPipe {
    private static final int GROWTH_PERCENT = 125;
    private static final int ROUNDS = 3;

    /** BBR.full_bw. */
    private long baseline;
    /** BBR.full_bw_count. */
    private int rounds;
    /** BBR.full_bw_now. */
    private boolean now;
    /** BBR.full_bw_reached. */
    private boolean reached;

    /** Looks anew for whether it is. */
    void reset(long newBaseline) {
        baseline = newBaseline;
        rounds = 0;
        now = false;
    }

    /** A round trip has ended with this sample. */
    void onRound(RateSample sample) {
        if (now || sample.appLimited) {
            return;
        }
        if (sample.deliveryRate * 100 >= baseline * GROWTH_PERCENT) {
            reset(sample.deliveryRate);
            return;
        }
        rounds++;
        now = rounds >= ROUNDS;
        reached |= now;
    }

    /** Whether it is since the last {@link #reset}. */
    boolean isNow() {
        return now;
    }

    /** Whether it ever was. */
    boolean isReached() {
        return reached;
    }

    void setReached(boolean yes) {
        reached = yes;
    }
}
