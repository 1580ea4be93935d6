package io.virtuoso.host.tcp;

/** What acknowledgements tell about round-trip times: by a segment that is timed, or by timestamps (RFC 7323 section 4). */
final class RoundTripTimes {
    private final TcpConnection connection;
    private final Sender sender;
    private final RttEstimator rtt;
    private long lastRetransmitNs;

    RoundTripTimes(TcpConnection connection, Sender sender, RttEstimator rtt) {
        this.connection = connection;
        this.sender = sender;
        this.rtt = rtt;
    }

    void onSentAgain(long nowNs) {
        lastRetransmitNs = nowNs;
    }

    /** An acknowledgement of something new came; {@code timedNs} is what the timed segment took, -1 for none. */
    void onNewAck(long timedNs, TcpSegment segment, long nowNs) {
        long echoNs = echoed(segment, nowNs);
        if (timedNs >= 0) {
            rtt.onSample(timedNs);
        } else if (echoNs >= 0 && !sender.isTiming()) {
            rtt.onSample(echoNs);
        }
        // Congestion control wants one from every ACK, and can do with the timestamps' coarse ones.
        long bestNs = timedNs >= 0 ? timedNs : echoNs;
        if (bestNs >= 0) {
            connection.congestion().onRttSample(bestNs);
        }
    }

    /** The round trip that a timestamp's echo tells, -1 if it tells none. */
    private long echoed(TcpSegment segment, long nowNs) {
        if (!segment.hasTimestamps || !connection.emitter().timestamps) {
            return -1;
        }
        long elapsedNs = connection.emitter().elapsedSince(segment.tsEcr, nowNs);
        // An echo from before the last retransmission may be stale: then Karn's rule holds here, too.
        return elapsedNs <= nowNs - lastRetransmitNs + Emitter.TICK_NS ? elapsedNs : -1;
    }
}
