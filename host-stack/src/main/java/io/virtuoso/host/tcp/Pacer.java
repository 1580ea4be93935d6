package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * When the next data may leave, if it is to go out at a rate and not as fast as the windows let it: what congestion
 * control says, or somewhat more than a window for each round trip, so that the window still fills; and never more than
 * SO_MAX_PACING_RATE, as Linux has it.
 * Bursts of about a millisecond pass, so that segmentation offload keeps its use. Rates in bytes per second, times in
 * nanoseconds.
 */
final class Pacer {
    static final long UNLIMITED = Long.MAX_VALUE;

    static final int BURSTS_PER_SECOND = 1_000;
    private static final int LEAST_SEGMENTS = 2;
    /** In slow start the window may double within a round trip. */
    private static final int SLOW_START_PERCENT = 200;

    /** Before the path's rate is known: draft-ietf-ccwg-bbr section 5.6.2. */
    private static final int FIRST_PERCENT = 277;

    private static final long RTT_BEFORE_THE_FIRST_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int AVOIDANCE_PERCENT = 120;

    private final TcpConnection connection;
    private final Timers timers;
    private final RttEstimator rtt;
    /** Whether to pace although nothing limits the rate. */
    private final boolean always;

    private long maxRate = UNLIMITED;
    private long nextNs = Long.MIN_VALUE;

    Pacer(TcpConnection connection, Timers timers, RttEstimator rtt) {
        this.connection = connection;
        this.timers = timers;
        this.rtt = rtt;
        always = connection.config().pacing();
    }

    /** SO_MAX_PACING_RATE; {@link #UNLIMITED} and 0: none. */
    void limit(long bytesPerSecond, long nowNs) {
        maxRate = bytesPerSecond == 0 ? UNLIMITED : bytesPerSecond;
        nextNs = Math.min(nextNs, nowNs);
        if (timers.paceAt != Timers.NEVER) {
            timers.paceAt = nowNs;
        }
    }

    /** What holds now; {@link #UNLIMITED}: data is not paced. */
    long rate() {
        long rate = connection.congestion().pacingRate();
        if (rate == 0) {
            long rttNs = rtt.srttNs() == 0 ? RTT_BEFORE_THE_FIRST_NS : rtt.srttNs();
            rate = Rate.of(connection.congestion().cwnd() * FIRST_PERCENT / 100, rttNs);
        } else if (rate == UNLIMITED && (always || maxRate != UNLIMITED)) {
            rate = windowRate();
        }
        return Math.min(rate, maxRate);
    }

    private long windowRate() {
        if (rtt.srttNs() == 0) {
            return UNLIMITED;
        }
        CongestionControl congestion = connection.congestion();
        long window = Math.max(congestion.cwnd(), connection.sender().flight());
        int percent = congestion.cwnd() < congestion.ssthresh() / 2 ? SLOW_START_PERCENT : AVOIDANCE_PERCENT;
        return Rate.of(window * percent / 100, rtt.srttNs());
    }

    /** Whether data may leave now; if not, the timer tells when. To be asked only if there is some that could. */
    boolean isDue(long nowNs) {
        boolean due = nowNs >= nextNs;
        timers.paceAt = due ? Timers.NEVER : nextNs;
        return due;
    }

    /** How much may leave at once, in whole segments, {@code most} at most. */
    int burst(int mss, int most) {
        long rate = rate();
        if (rate == UNLIMITED) {
            return most;
        }
        long bytes = Math.max(rate / BURSTS_PER_SECOND, (long) LEAST_SEGMENTS * mss);
        return (int) Math.min(bytes - bytes % mss, most);
    }

    /** Data has left. Who comes late gets up to half of that back. */
    void onSent(long bytes, long nowNs) {
        long rate = rate();
        if (rate != UNLIMITED) {
            long lengthNs = Rate.ns(bytes, rate);
            nextNs = Math.max(nextNs, nowNs - lengthNs / 2) + lengthNs;
        }
    }
}
