package io.virtuoso.host.tcp;

/**
 * DCTCP (RFC 8257): marks take the window back by half of the share of bytes that was marked lately, so that queues stay
 * short without the path running empty. For networks that mark early, and where both ends use it. A loss is answered as
 * by NewReno, which is all there is where ECN was not agreed on.
 */
final class Dctcp extends NewReno {
    /** RFC 8257 section 4.2: the weight of the latest round trip. */
    private static final double G = 1.0 / 16;

    /** Estimate of the share of bytes that is marked, 0 to 1; at first the first mark counts like a loss. */
    private double alpha = 1;

    /** Bytes acknowledged in this round trip. */
    private long bytesAcked;
    /** Those of them whose acknowledgements carried ECE. */
    private long bytesMarked;

    @Override
    public void onEcnFeedback(long acked, boolean marked) {
        bytesAcked += acked;
        if (marked) {
            bytesMarked += acked;
        }
    }

    @Override
    public void onRound(long acked, long nowNs) {
        super.onRound(acked, nowNs);
        if (bytesAcked > 0) {
            alpha += G * ((double) bytesMarked / bytesAcked - alpha);
            bytesAcked = 0;
            bytesMarked = 0;
        }
    }

    @Override
    public void onMarked(long flight) {
        lostFrom(flight);
        reduceTo(Math.max((long) (window() * (1 - alpha / 2)), 2L * mss()));
    }

    @Override
    public boolean wantsEachMark() {
        return true;
    }
}
