package io.virtuoso.host.tcp;

/** Slow start, congestion avoidance (RFC 5681), NewReno's recovery (RFC 6582), initial window of ten (RFC 6928). */
final class NewReno implements CongestionControl {
    private static final int INITIAL_SEGMENTS = 10;
    /** RFC 6928 section 2: the initial window does not exceed this, unless two segments do. */
    private static final int INITIAL_BYTES = 14_600;
    /** Far above any send buffer; keeps the arithmetic away from overflow. */
    private static final long MAX_CWND = 1L << 30;

    private int mss;
    private long cwnd;
    private long ssthresh = MAX_CWND;
    /** Bytes acknowledged since the window last grew, in congestion avoidance (RFC 3465 section 2.1). */
    private long ackedSinceGrowth;

    @Override
    public void onEstablished(int newMss, boolean synWasRetransmitted) {
        mss = newMss;
        cwnd = synWasRetransmitted ? mss : initialWindow();
    }

    @Override
    public void onMss(int newMss) {
        mss = newMss;
        cwnd = Math.max(cwnd, mss);
    }

    @Override
    public void onAck(long acked, long flight, boolean afterTimeout) {
        if (cwnd < ssthresh) {
            // RFC 7661's idea: a window that was not used says nothing about the path.
            if (cwnd < 2 * flight + mss) {
                grow(afterTimeout ? Math.min(acked, mss) : acked);
            }
        } else if (flight + 2L * mss >= cwnd) {
            ackedSinceGrowth += acked;
            if (ackedSinceGrowth >= cwnd) {
                ackedSinceGrowth -= cwnd;
                grow(mss);
            }
        }
    }

    @Override
    public void onFastRetransmit(long flight) {
        ssthresh = halfOf(flight);
        cwnd = ssthresh;
        ackedSinceGrowth = 0;
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
            ssthresh = halfOf(Math.min(flight, cwnd));
        }
        cwnd = mss;
        ackedSinceGrowth = 0;
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

    private long initialWindow() {
        return Math.min((long) INITIAL_SEGMENTS * mss, Math.max(2L * mss, INITIAL_BYTES));
    }

    private long halfOf(long flight) {
        return Math.max(flight / 2, 2L * mss);
    }

    private void grow(long bytes) {
        cwnd = Math.min(cwnd + bytes, MAX_CWND);
    }
}
