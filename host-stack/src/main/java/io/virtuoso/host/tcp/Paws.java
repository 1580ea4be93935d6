package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/** Protection against wrapped sequence numbers (RFC 7323 section 5): keeps TS.Recent. */
final class Paws {
    /** After so long an idle time TS.Recent may itself have wrapped (RFC 7323 section 5.5). */
    private static final long OUTDATED_NS = TimeUnit.DAYS.toNanos(24);

    private final Emitter emitter;
    private long recentSinceNs;

    Paws(Emitter emitter) {
        this.emitter = emitter;
    }

    /** Takes the timestamp of the peer's SYN. */
    void onSyn(TcpSegment segment, long nowNs) {
        emitter.tsRecent = segment.hasTimestamps ? segment.tsVal : 0;
        recentSinceNs = nowNs;
    }

    boolean isOld(TcpSegment segment, long nowNs) {
        return emitter.timestamps
                && segment.hasTimestamps
                && Seq.lessThan(segment.tsVal, emitter.tsRecent)
                && nowNs - recentSinceNs < OUTDATED_NS;
    }

    /** RFC 7323 section 4.3: what an acceptable segment with these bounds does to TS.Recent. */
    void onAcceptable(TcpSegment segment, long segmentPosition, long lastAckSent, long nowNs) {
        if (emitter.timestamps && segment.hasTimestamps && segmentPosition <= lastAckSent) {
            emitter.tsRecent = segment.tsVal;
            recentSinceNs = nowNs;
        }
    }
}
