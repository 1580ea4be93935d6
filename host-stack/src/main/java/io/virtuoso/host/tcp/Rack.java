package io.virtuoso.host.tcp;

/**
 * RACK (RFC 8985 section 6): what was sent well before something that has arrived is lost, be it sent again or not. How
 * long "well before" is, the reordering window, follows what the path was seen to do. Names are the RFC's; times in
 * nanoseconds.
 */
final class Rack implements SentSegments.Arrivals {
    private static final int DUPLICATE_THRESHOLD = 3;
    private static final int WINDOW_DIVISOR = 4;
    private static final int PERSIST_RECOVERIES = 16;

    private final SentSegments sent;
    private final RttEstimator rtt;
    private final Emitter emitter;
    private final NeedlessRepair needless;

    /** RACK.xmit_ts and RACK.end_seq: what was sent last of all that has arrived. */
    private long xmitNs = Long.MIN_VALUE;

    private long endPosition;
    /** RACK.rtt: its round trip. */
    private long rttNs;
    /** RACK.fack: the highest position that has arrived. */
    private long fack;

    private boolean reorderingSeen;
    private int windowMultiple = 1;
    private int windowPersist;
    /** Until when DSACKs belong to the round that was counted already; -1: none is. */
    private long dsackRound = -1;

    /** The segment whose timestamp tells which transmission arrived; null: segments behind a gap are not echoed. */
    private TcpSegment segment;

    private long nowNs;

    Rack(SentSegments sent, RttEstimator rtt, Emitter emitter, NeedlessRepair needless) {
        this.sent = sent;
        this.rtt = rtt;
        this.emitter = emitter;
        this.needless = needless;
    }

    /** SND.UNA advances: the arrivals follow that this tells of. */
    void onNewAck(TcpSegment newSegment, long newNowNs) {
        segment = newSegment;
        nowNs = newNowNs;
    }

    /** SACK blocks come: the arrivals follow that they tell of. */
    void onSack(long newNowNs) {
        segment = null;
        nowNs = newNowNs;
    }

    @Override
    public void onArrived(long end, long sentNs, boolean again) {
        long elapsedNs = nowNs - sentNs;
        if (!again) {
            rtt.onSentOnce(elapsedNs, nowNs);
            needless.onOriginalArrived(sentNs);
        } else if (segment != null && emitter.isEchoOlder(segment, sentNs)) {
            reorderingSeen |= end < fack;
            return; // what arrived is the original
        } else if (elapsedNs < rtt.minRttNs()) {
            return; // so is this, most likely
        }
        if (end > fack) {
            fack = end;
        } else if (end < fack && !again) {
            reorderingSeen = true;
        }
        if (isSentAfter(sentNs, end, xmitNs, endPosition)) {
            xmitNs = sentNs;
            endPosition = end;
            rttNs = elapsedNs;
        }
    }

    private static boolean isSentAfter(long sentNs, long end, long otherNs, long otherEnd) {
        return sentNs > otherNs || sentNs == otherNs && end > otherEnd;
    }

    /** The peer had something twice: one more quarter of a round trip of patience, once for each round. */
    void onDuplicateArrived(long sndUna, long sndMax) {
        if (dsackRound >= 0 && sndUna < dsackRound) {
            return;
        }
        dsackRound = sndMax;
        windowMultiple++;
        windowPersist = PERSIST_RECOVERIES;
    }

    /** A repair was needless: what seemed to be the arrival of what was sent again was that of the original. */
    void onNeedlessRepair() {
        xmitNs = Long.MIN_VALUE;
        endPosition = 0;
        rttNs = 0;
    }

    void onRecovered() {
        windowPersist--;
        if (windowPersist <= 0) {
            windowMultiple = 1;
        }
    }

    private long reorderingWindow(boolean inRecovery, int mss) {
        if (!reorderingSeen && (inRecovery || isMuchSacked(mss))) {
            return 0;
        }
        return Math.min(windowMultiple * rtt.minRttNs() / WINDOW_DIVISOR, rtt.srttNs());
    }

    /** The threshold of three duplicate ACKs in terms of SACK, as RFC 6675 has it. */
    private boolean isMuchSacked(int mss) {
        return sent.sackedRanges() >= DUPLICATE_THRESHOLD || sent.sackedBytes() > (DUPLICATE_THRESHOLD - 1L) * mss;
    }

    /**
     * Marks what is lost (RACK_detect_loss).
     *
     * @return how long to wait until more may be; 0: nothing to wait for
     */
    long detectLoss(boolean inRecovery, int mss, long atNs) {
        if (sent.isUndisturbed()) {
            return 0;
        }
        long windowNs = reorderingWindow(inRecovery, mss);
        long waitNs = 0;
        for (int i = 0; i < sent.count(); i++) {
            boolean open = !sent.is(i, SentSegments.SACKED | SentSegments.LOST);
            if (open && isSentAfter(xmitNs, endPosition, sent.sentNs(i), sent.end(i))) {
                long remainingNs = sent.sentNs(i) + rttNs + windowNs - atNs;
                if (remainingNs <= 0) {
                    sent.markLost(i);
                } else {
                    waitNs = Math.max(waitNs, remainingNs);
                }
            }
        }
        return waitNs;
    }

    /** The retransmission timer expired: the first is lost, and what should have arrived by now. */
    void onTimeout(int mss, long atNs) {
        long windowNs = reorderingWindow(true, mss);
        for (int i = 0; i < sent.count(); i++) {
            if (i == 0 || sent.sentNs(i) + rttNs + windowNs <= atNs) {
                sent.markLost(i);
            }
        }
    }

    boolean isReorderingSeen() {
        return reorderingSeen;
    }
}
