package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * TCP_DEFER_ACCEPT: a listener's connections are made by their first data rather than by the ACK of the SYN,ACK. As on
 * Linux the time to wait for data is a number of timeouts of the SYN,ACK. At the last one that is sent again, and the ACK
 * that it brings makes the connection. On the side that connects the ACK of the handshake waits for data to go with it.
 */
final class Deferral {
    /** How long the connecting side waits. */
    static final long ACK_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final int MAX_TIMEOUTS = 255;
    private static final int MAX_STEP_SECONDS = 120;

    private int limit;
    private boolean acknowledged;
    private long roundTripNs = -1;

    /** Timeouts of 1, 2, 4 ... up to 120 seconds that cover this time. */
    static int timeoutsWithin(long seconds) {
        int timeouts = 0;
        long covered = 0;
        for (int step = 1; covered < seconds && timeouts < MAX_TIMEOUTS; step = Math.min(2 * step, MAX_STEP_SECONDS)) {
            covered += step;
            timeouts++;
        }
        return timeouts;
    }

    void set(long seconds) {
        limit = timeoutsWithin(seconds);
    }

    boolean isOn() {
        return limit > 0;
    }

    /** Whether this acknowledgement of our SYN is not enough after so many timeouts. */
    boolean applies(TcpSegment segment, int timeouts) {
        return timeouts < limit && segment.payloadLength == 0 && !segment.has(TcpFlags.FIN);
    }

    /** The peer is there and has nothing to say yet. */
    void onAcknowledged(long elapsedNs, boolean measurable) {
        if (!acknowledged && measurable) {
            roundTripNs = elapsedNs;
        }
        acknowledged = true;
    }

    /** Whether there is no need to send the SYN,ACK again, after so many timeouts. */
    boolean waits(int timeouts) {
        return acknowledged && timeouts < limit;
    }

    /** Until the first acknowledgement; -1 if that is not known. */
    long roundTripNs() {
        return roundTripNs;
    }
}
