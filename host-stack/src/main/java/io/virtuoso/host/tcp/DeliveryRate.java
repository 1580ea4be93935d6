package io.virtuoso.host.tcp;

/**
 * How fast data arrives at the peer (draft-ietf-ccwg-bbr section 4.1): from when each segment was sent until it is
 * acknowledged, what else has arrived meanwhile. Names are the draft's. Bytes and nanoseconds.
 */
final class DeliveryRate implements SentSegments.Arrivals {
    /** What is sent within so small a part of a round trip counts as sent at once. */
    private static final int PLACES_PER_ROUND = 128;

    private final SentSegments.Arrivals next;
    private final RttEstimator rtt;
    private final SendHistory history = new SendHistory();
    private final RateSample sample = new RateSample();
    private final RateSample loss = new RateSample();

    /** C.delivered, and C.delivered_time. */
    private long delivered;

    private long deliveredNs;
    /** C.first_send_time. */
    private long firstSentNs;
    /** C.lost. */
    private long lost;

    private long newlyLost;
    /** C.app_limited: until so much has arrived rates say what the application wanted; 0: they do not. */
    private long appLimited;
    /** The latest rate measured. */
    private long latestRate;

    /** What was sent last of all that has arrived with this acknowledgement. */
    private boolean arrived;

    private long newestSentNs;
    private long newestEnd;
    private boolean newestAgain;

    /** @param next hears of what arrives, too */
    DeliveryRate(SentSegments.Arrivals next, RttEstimator rtt) {
        this.next = next;
        this.rtt = rtt;
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    /** So many bytes are sent, while {@code inflight} are in flight. */
    void onSent(long bytes, long inflight, long nowNs) {
        if (inflight == 0 || history.latest() == SendHistory.NOWHERE) {
            firstSentNs = nowNs;
            deliveredNs = nowNs;
            history.clear();
        }
        int before = history.latest();
        int place = history.place(nowNs, Math.max(rtt.srttNs() / PLACES_PER_ROUND, 1));
        if (place != before) {
            history.set(place, firstSentNs, deliveredNs, delivered, lost);
        }
        history.setInflight(place, inflight + bytes);
        if (appLimited != 0) {
            history.setAppLimited(place);
        }
    }

    /** There was nothing to send although the window had room: what is in flight now will not show the path's rate. */
    void markAppLimited(long inflight) {
        appLimited = Math.max(delivered + inflight, 1);
    }

    boolean isAppLimited() {
        return appLimited != 0;
    }

    // ---- what becomes of it --------------------------------------------------------------------------------------

    @Override
    public void onArrived(long end, long sentNs, boolean again) {
        boolean newest = !arrived || sentNs > newestSentNs || sentNs == newestSentNs && end > newestEnd;
        if (newest) {
            arrived = true;
            newestSentNs = sentNs;
            newestEnd = end;
            newestAgain = again;
        }
        next.onArrived(end, sentNs, again);
    }

    /** So many bytes that were sent at a time are lost. */
    RateSample onLost(long bytes, long sentNs) {
        lost += bytes;
        newlyLost += bytes;
        loss.clear();
        loss.newlyLost = bytes;
        loss.totalDelivered = delivered;
        fill(loss, sentNs);
        return loss;
    }

    private int fill(RateSample to, long sentNs) {
        int place = history.find(sentNs);
        to.hasData = place != SendHistory.NOWHERE;
        if (to.hasData) {
            to.priorDelivered = history.delivered(place);
            to.txInFlight = history.inflight(place);
            to.lost = lost - history.lost(place);
            to.appLimited = history.isAppLimited(place);
        }
        return place;
    }

    /** An acknowledgement was taken, by which so many bytes are known to have arrived. */
    RateSample onAck(long newlyAcked, long inflight, long nowNs) {
        sample.clear();
        if (newlyAcked > 0) {
            delivered += newlyAcked;
            deliveredNs = nowNs;
        }
        if (delivered > appLimited) {
            appLimited = 0;
        }
        sample.newlyAcked = newlyAcked;
        sample.newlyLost = newlyLost;
        sample.totalDelivered = delivered;
        sample.inflight = inflight;
        if (arrived) {
            measure(nowNs);
        }
        arrived = false;
        newlyLost = 0;
        return sample;
    }

    private void measure(long nowNs) {
        sample.rttNs = newestAgain ? -1 : nowNs - newestSentNs;
        int place = fill(sample, newestSentNs);
        if (place != SendHistory.NOWHERE) {
            long sendElapsedNs = newestSentNs - history.firstSentNs(place);
            long ackElapsedNs = nowNs - history.deliveredNs(place);
            long intervalNs = Math.max(sendElapsedNs, ackElapsedNs);
            firstSentNs = newestSentNs;
            sample.delivered = delivered - sample.priorDelivered;
            if (intervalNs > 0 && intervalNs >= rtt.minRttNs()) {
                sample.deliveryRate = Rate.of(sample.delivered, intervalNs);
                latestRate = sample.deliveryRate;
            }
        }
    }

    /** Bytes per second; 0: not measured yet. */
    long latestRate() {
        return latestRate;
    }
}
