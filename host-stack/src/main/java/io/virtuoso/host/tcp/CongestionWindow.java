package io.virtuoso.host.tcp;

/**
 * What all controls of a window have in common: slow start, the initial window (RFC 6928), recovery without SACK (RFC
 * 6582), idle periods and timeouts. How far a loss takes the window back, and how it grows in congestion avoidance, is
 * for the subclass to say. Sizes in bytes.
 */
abstract class CongestionWindow implements CongestionControl {
    private static final int INITIAL_SEGMENTS = 10;
    /** RFC 6928 section 2: the initial window does not exceed this, unless two segments do. */
    private static final int INITIAL_BYTES = 14_600;
    /** Far above any send buffer; keeps the arithmetic away from overflow. */
    static final long MAX_CWND = 1L << 30;

    private int mss;
    private long cwnd;
    private long ssthresh = MAX_CWND;
    private long cwndBefore;
    private long ssthreshBefore;

    /** The slow-start threshold after a loss found with so much in flight, at least two segments. */
    abstract long thresholdAfterLoss(long flight);

    /** New data was acknowledged in congestion avoidance. */
    abstract void avoidCongestion(long acked, long flight, long nowNs);

    /** The window was cut: what congestion avoidance remembers begins anew. */
    abstract void restartAvoidance();

    /** How much of what was acknowledged in slow start the window grows by. */
    long slowStartGrowth(long acked) {
        return acked;
    }

    @Override
    public void onEstablished(int newMss, boolean synWasRetransmitted) {
        mss = newMss;
        cwnd = synWasRetransmitted ? mss : initialWindow();
    }

    @Override
    public void takeOver(CongestionControl before, int newMss) {
        mss = newMss;
        cwnd = before.cwnd();
        ssthresh = before.ssthresh();
    }

    @Override
    public void onMss(int newMss) {
        mss = newMss;
        cwnd = Math.max(cwnd, mss);
    }

    @Override
    public void onAck(long acked, long flight, boolean afterTimeout, long nowNs) {
        if (cwnd >= ssthresh) {
            avoidCongestion(acked, flight, nowNs);
        } else if (cwnd < 2 * flight + mss) {
            // RFC 7661's idea: a window that was not used says nothing about the path.
            grow(afterTimeout ? Math.min(acked, mss) : slowStartGrowth(acked));
        }
    }

    @Override
    public void onRttSample(long rttNs) {
        // of interest to some
    }

    @Override
    public void onRound() {
        // of interest to some
    }

    @Override
    public void onEcnFeedback(long acked, boolean marked) {
        // of interest to some
    }

    @Override
    public void onMarked(long flight) {
        onFastRetransmit(flight);
    }

    @Override
    public boolean wantsEachMark() {
        return false;
    }

    @Override
    public void onFastRetransmit(long flight) {
        reduceTo(thresholdAfterLoss(flight));
    }

    @Override
    public void onDuplicateAcks(int count) {
        grow((long) count * mss);
    }

    @Override
    public void onPartialAck(long acked) {
        cwnd = Math.max(cwnd - acked, 0) + (acked >= mss ? mss : 0);
        cwnd = Math.max(cwnd, mss);
    }

    @Override
    public void onRecovered(long flight) {
        // RFC 6582 section 3.2, step 3 (1): avoids a burst when little is in flight.
        cwnd = Math.min(ssthresh, Math.max(flight, mss) + mss);
    }

    @Override
    public void onTimeout(long flight, boolean first) {
        if (first) {
            ssthresh = thresholdAfterLoss(Math.min(flight, cwnd));
        }
        cwnd = mss;
        restartAvoidance();
    }

    @Override
    public void remember() {
        cwndBefore = cwnd;
        ssthreshBefore = ssthresh;
    }

    @Override
    public void undo() {
        cwnd = Math.max(cwnd, cwndBefore);
        ssthresh = Math.max(ssthresh, ssthreshBefore);
    }

    @Override
    public void onIdle() {
        cwnd = Math.min(cwnd, initialWindow());
    }

    @Override
    public long cwnd() {
        return cwnd;
    }

    @Override
    public long ssthresh() {
        return ssthresh;
    }

    int mss() {
        return mss;
    }

    /** Whether the window is what holds the sender back, as far as can be told from what is in flight. */
    boolean isUsedUp(long flight) {
        return flight + 2L * mss >= cwnd;
    }

    void grow(long bytes) {
        cwnd = Math.min(cwnd + bytes, MAX_CWND);
    }

    /** Takes the window back; slow start ends there. */
    void reduceTo(long window) {
        ssthresh = window;
        cwnd = window;
        restartAvoidance();
    }

    /** Slow start ends where the window is. */
    void endSlowStart() {
        ssthresh = cwnd;
    }

    private long initialWindow() {
        return Math.min((long) INITIAL_SEGMENTS * mss, Math.max(2L * mss, INITIAL_BYTES));
    }
}
