package io.virtuoso.host.tcp;

/**
 * What all controls of a window have in common: slow start, the initial window (RFC 6928), recovery without SACK (RFC
 * 6582), timeouts, and windows that applications do not use (RFC 7661). How far a loss takes the window back, and how
 * it grows in congestion avoidance, is for the subclass to say. Sizes in bytes.
 */
abstract class CongestionWindow implements CongestionControl {
    private static final int INITIAL_SEGMENTS = 10;
    /** RFC 6928 section 2: the initial window does not exceed this, unless two segments do. */
    private static final int INITIAL_BYTES = 14_600;
    /** Far above any send buffer; keeps the arithmetic away from overflow. */
    static final long MAX_CWND = 1L << 30;

    /** After an idle period so many bytes may be sent for each that arrives, besides those that replace it. */
    private static final int BURST_GROWTH = 4;

    private final WindowValidation validation = new WindowValidation();
    private int mss;
    private long cwnd;
    private long ssthresh = MAX_CWND;
    private long cwndBefore;
    private long ssthreshBefore;
    private long srttNs;
    /** What may be in flight until the window is used again after an idle period (RFC 7661 section 4.4.2). */
    private long burst = MAX_CWND;
    /** What was used of a window that had not been validated when it was lost from; 0: another one. */
    private long usedAtLoss;

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
        burst = burst + BURST_GROWTH * acked < cwnd ? burst + BURST_GROWTH * acked : MAX_CWND;
        adjustIfTooOld(flight, nowNs);
        if (cwnd >= ssthresh) {
            avoidCongestion(acked, flight, nowNs);
        } else if (cwnd < 2 * flight + mss) {
            grow(afterTimeout ? Math.min(acked, mss) : slowStartGrowth(acked));
        }
    }

    @Override
    public void onRttSample(long rttNs) {
        srttNs = srttNs == 0 ? rttNs : srttNs + (rttNs - srttNs) / 8;
    }

    @Override
    public void onRound(long acked, long nowNs) {
        if (acked > 0) {
            validation.onSample(acked, srttNs, nowNs);
        }
    }

    @Override
    public void onMarked(long flight) {
        onFastRetransmit(flight);
    }

    @Override
    public void onFastRetransmit(long flight) {
        long used = lostFrom(flight);
        reduceTo(thresholdAfterLoss(used));
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
    public void onRepaired(long sentAgain) {
        if (usedAtLoss > 0) {
            // RFC 7661 section 4.4.1: what had to be sent again was too much.
            reduceTo(Math.max(ssthresh - sentAgain / 2, 2L * mss));
            usedAtLoss = 0;
        }
        validation.forget();
    }

    /** The flight to reckon with after a loss: of a window that was not used only what was counts (RFC 7661 4.4.1). */
    long lostFrom(long flight) {
        burst = MAX_CWND;
        usedAtLoss = 0;
        if (validation.isValidated(cwnd, flight)) {
            return flight;
        }
        usedAtLoss = validation.used(flight);
        cwnd = usedAtLoss;
        return usedAtLoss;
    }

    @Override
    public void onTimeout(long flight, boolean first, boolean repairing) {
        if (first) {
            long threshold = thresholdAfterLoss(lostFrom(Math.min(flight, cwnd)));
            ssthresh = repairing ? Math.min(ssthresh, threshold) : threshold;
            usedAtLoss = 0;
        }
        validation.forget();
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
        usedAtLoss = 0;
    }

    /** The window stays, but opens with what arrives: not all of it at once into a path that may have changed. */
    @Override
    public void onIdle(long nowNs) {
        adjustIfTooOld(0, nowNs);
        burst = initialWindow();
    }

    /** RFC 7661 section 4.4.3. */
    private void adjustIfTooOld(long flight, long nowNs) {
        while (validation.isTooOld(cwnd, flight, srttNs, nowNs)) {
            ssthresh = Math.max(ssthresh, cwnd - cwnd / 4);
            cwnd = Math.max(cwnd / 2, Math.min(cwnd, initialWindow()));
        }
    }

    @Override
    public long cwnd() {
        return Math.min(cwnd, burst);
    }

    /** The window, also while not all of it may be used at once. */
    long window() {
        return cwnd;
    }

    long srttNs() {
        return srttNs;
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
        return initialWindow(mss);
    }

    static long initialWindow(int mss) {
        return Math.min((long) INITIAL_SEGMENTS * mss, Math.max(2L * mss, INITIAL_BYTES));
    }
}
