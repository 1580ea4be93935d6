package io.virtuoso.host.tcp;

/**
 * Finds out that a repair was needless because the original arrives after all: by the timestamp that the peer echoes
 * (Eifel, RFC 3522), after a timeout also by what arrives that was not sent again (F-RTO, RFC 5682 section 3), or
 * because the peer reports all that was sent again as received twice (RFC 3708). Then the congestion response is undone.
 */
final class NeedlessRepair {
    /** How far F-RTO has come. */
    private enum Step {
        /** Not in use. */
        OFF,
        /** The first segment was sent again after a timeout. */
        SENT_AGAIN,
        /** It was acknowledged, and new data sent instead of old. */
        SENT_NEW
    }

    private final Emitter emitter;
    private Step step = Step.OFF;
    /** Whether there is a reduction that may be undone. */
    private boolean pending;
    /** Whether SND.UNA is still where it was when the repair began, and was sent once before. */
    private boolean first;
    /** When the repair began. */
    private long sinceNs;
    /** SND.UNA then. */
    private long sinceUna;
    /** Bytes sent again that the peer has not reported as received twice. */
    private long unexplained;
    /** Round trips since the repair ended. */
    private int rounds;
    /** Whether an original arrived that was in flight when the repair began. */
    private boolean originalArrived;

    NeedlessRepair(Emitter emitter) {
        this.emitter = emitter;
    }

    /**
     * The window is about to be reduced for a loss.
     *
     * @param firstAgain whether the first segment in flight was sent again before: then no timestamp tells anything
     * @param againBefore bytes in flight that were sent again before
     */
    void onReduced(boolean byTimeout, boolean firstAgain, long una, long againBefore, long nowNs) {
        pending = true;
        first = !firstAgain;
        sinceNs = nowNs;
        sinceUna = una;
        unexplained = againBefore;
        rounds = 0;
        originalArrived = false;
        step = byTimeout && first && emitter.sack && !emitter.timestamps ? Step.SENT_AGAIN : Step.OFF;
    }

    /** Nothing can be undone any more. */
    void forget() {
        pending = false;
        step = Step.OFF;
    }

    void onSentAgain(long bytes) {
        unexplained += bytes;
    }

    /** A round trip has passed outside of recovery: reports of duplicates do not come so late. */
    void onRound() {
        rounds++;
        if (rounds > 2) {
            forget();
        }
    }

    /** Something arrived that was sent once only. */
    void onOriginalArrived(long sentNs) {
        originalArrived |= sentNs < sinceNs;
    }

    /** The peer has [left, right) twice. @return true: that explains all that was sent again */
    boolean onDuplicate(long left, long right) {
        if (!pending || left < sinceUna) {
            return false;
        }
        unexplained -= right - left;
        return unexplained <= 0;
    }

    /** SND.UNA has advanced. @return true: by an original, says its timestamp */
    boolean onNewAck(TcpSegment segment) {
        boolean original = pending && first && emitter.isEchoOlder(segment, sinceNs);
        first = false;
        return original;
    }

    /**
     * An acknowledgement was taken after a timeout, with its SACK blocks.
     *
     * @param advanced whether SND.UNA has moved, but not beyond what was in flight at the timeout
     * @param newData whether there is new data to send
     * @return true: originals arrive
     */
    boolean onAckAfterTimeout(boolean advanced, boolean newData) {
        boolean original = false;
        switch (step) {
            case SENT_AGAIN -> step = advanced && newData ? Step.SENT_NEW : Step.OFF;
            case SENT_NEW -> {
                step = Step.OFF;
                original = originalArrived;
            }
            case OFF -> {}
        }
        originalArrived = false;
        return original;
    }

    /** Whether old data waits until it is known if it is lost (RFC 5682 section 3.1, step 2b). */
    boolean isHoldingBack() {
        return step == Step.SENT_NEW;
    }
}
