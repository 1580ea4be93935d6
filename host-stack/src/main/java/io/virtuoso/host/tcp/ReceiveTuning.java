package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * How large the receive buffer should be: dynamic right-sizing (Fisk and Feng, 2001), as Linux does it. What the reader
 * takes in a round trip the peer has sent in one, and may send more in the next. So the buffer is to hold twice what is
 * read in a round trip; and three times that if this has doubled, for it doubles twice more in slow start before the
 * next measurement takes effect. A slow reader makes no buffer larger. Times in nanoseconds.
 */
final class ReceiveTuning {
    /** The timestamp clock tells shorter round trips no better. */
    private static final long LEAST_PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long LONGEST_PERIOD_NS = TimeUnit.SECONDS.toNanos(10);
    /** More than any buffer holds: products stay within a long. */
    private static final long MOST = 1 << 28;

    private static final int INITIAL_SEGMENTS = 10;
    /** Room for segments that arrive before the reader, as scheduled by its machine, comes to read. */
    private static final int SLACK_SEGMENTS = 16;

    /** The peer's round trip to us; 0 before it is known. */
    private long rttNs;

    private int latestEcho;
    /** Data behind this right edge answers the acknowledgement that offered it, sent at {@link #edgeSinceNs}. */
    private long edge = -1;

    private long edgeSinceNs;

    private long periodSinceNs;
    private long headAtPeriod;
    /** Most that was read in a round trip so far. */
    private int most;

    private int slack;

    void begin(int fullSegment) {
        slack = SLACK_SEGMENTS * fullSegment;
        most = INITIAL_SEGMENTS * fullSegment;
    }

    /** A full segment with new data echoes a timestamp that was sent so long ago; each is taken once. */
    void onEcho(int echo, long elapsedNs) {
        if (elapsedNs >= 0 && echo != latestEcho) {
            latestEcho = echo;
            sample(elapsedNs);
        }
    }

    /** Without timestamps: data beyond what was offered comes a round trip later at the earliest. */
    void onReceived(long rcvNxt, long rightEdge, long nowNs) {
        if (rcvNxt >= edge) {
            if (edge >= 0) {
                sample(nowNs - edgeSinceNs);
            }
            edge = rightEdge;
            edgeSinceNs = nowNs;
        }
    }

    /** A peer that had nothing to send makes a round trip seem longer, but never shorter. */
    private void sample(long ns) {
        rttNs = rttNs == 0 || ns < rttNs ? Math.max(ns, 1) : rttNs + (ns - rttNs) / 8;
    }

    /**
     * Looks at how far the reader came.
     *
     * @return what the buffer should hold, in bytes; 0: what it holds is enough
     */
    int wanted(long head, long nowNs) {
        long periodNs = Math.clamp(rttNs, LEAST_PERIOD_NS, LONGEST_PERIOD_NS);
        long elapsedNs = nowNs - periodSinceNs;
        if (rttNs == 0 || elapsedNs < periodNs) {
            return 0;
        }
        // Who is asked seldom has read for longer than a round trip.
        int read = (int) (Math.min(head - headAtPeriod, MOST) * periodNs / elapsedNs);
        headAtPeriod = head;
        periodSinceNs = nowNs;
        if (read <= most) {
            return 0;
        }
        long steady = 2L * read + slack;
        long wanted = steady + 2 * steady * Math.min(read - most, most) / most;
        most = read;
        return (int) Math.min(wanted, Integer.MAX_VALUE);
    }

    /** The round trip as the receiver sees it; 0: not known. */
    long rttNs() {
        return rttNs;
    }

    /** Most that was read in a round trip, in bytes. */
    int most() {
        return most;
    }
}
