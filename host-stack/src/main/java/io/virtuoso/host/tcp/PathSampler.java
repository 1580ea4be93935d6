package io.virtuoso.host.tcp;

/** Brings samples of the path to a congestion control that works by them, and says when they show something else. */
final class PathSampler implements SentSegments.Losses {
    private final TcpConnection connection;
    private final SentSegments sent;
    private final DeliveryRate rate;
    /** The congestion window held data back while something before this position was in flight. */
    private long windowLimitedUntil;

    /** @param arrivals hears of what arrives, too */
    PathSampler(TcpConnection connection, SentSegments sent, SentSegments.Arrivals arrivals, RttEstimator rtt) {
        this.connection = connection;
        this.sent = sent;
        rate = new DeliveryRate(arrivals, rtt);
    }

    /** Who is to hear of what arrives. */
    SentSegments.Arrivals arrivals() {
        return rate;
    }

    /** There is something to send; {@code starved}: for a while there was not. */
    void onSending(boolean starved, long nowNs) {
        boolean hasRoom = sent.pipe() < connection.congestion().cwnd();
        if (starved && hasRoom && sent.lostBytes() == 0) {
            rate.markAppLimited(sent.pipe());
        }
        if (sent.pipe() == 0 && rate.isAppLimited()) {
            connection.congestion().onRestart(nowNs);
        }
    }

    /** So many bytes are being sent. */
    void onSent(long bytes, long nowNs) {
        rate.onSent(bytes, sent.pipe(), nowNs);
    }

    /** The congestion window holds back what there is to send behind this position. */
    void onWindowLimited(long sndMax) {
        windowLimitedUntil = sndMax;
    }

    /** An acknowledgement of everything before a position was taken, and says that so much has arrived. */
    void onAck(long position, long arrived, long nowNs) {
        CongestionControl congestion = connection.congestion();
        RateSample sample = rate.onAck(arrived, sent.pipe(), nowNs);
        sample.windowLimited = position < windowLimitedUntil;
        congestion.onSample(sample, nowNs);
        if (congestion.holdsBack()) {
            rate.markAppLimited(sent.pipe());
        }
    }

    @Override
    public void onLost(long bytes, long sentNs) {
        connection.congestion().onLost(rate.onLost(bytes, sentNs));
    }

    /** What was measured last, in bytes per second; 0: nothing was. */
    long latestRate() {
        return rate.latestRate();
    }
}
