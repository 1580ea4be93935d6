package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * Tail loss probe (RFC 8985 section 7): when no acknowledgement comes for two round trips, something is sent that makes
 * the peer tell what it has, so that a loss at the end need not wait for the retransmission timer. Names are the RFC's.
 */
final class TailProbe {
    private static final long NONE = -1;
    /** TLP.max_ack_delay: how long the peer may delay the acknowledgement of a lone segment. */
    private static final long MAX_ACK_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(200);
    /** A probe is not worth more wake-ups than this on paths of microseconds. */
    private static final long LEAST_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long WITHOUT_RTT_NS = TimeUnit.SECONDS.toNanos(1);

    private final Sender sender;
    private final Timers timers;
    private final RttEstimator rtt;

    /** TLP.end_seq: SND.MAX behind the probe that is not answered yet. */
    private long endPosition = NONE;
    /** TLP.is_retrans: the probe was old data. */
    private boolean again;

    TailProbe(Sender sender, Timers timers, RttEstimator rtt) {
        this.sender = sender;
        this.timers = timers;
        this.rtt = rtt;
    }

    /** New data was sent or acknowledged, and all is well otherwise: begins to wait. */
    void schedule(long nowNs) {
        if (endPosition != NONE || !sender.hasOutstanding()) {
            timers.tailProbeAt = Timers.NEVER;
            return;
        }
        long waitNs = WITHOUT_RTT_NS;
        if (rtt.srttNs() > 0) {
            boolean lone = sender.sndMax - sender.sndUna <= sender.mss;
            waitNs = Math.max(2 * rtt.srttNs(), LEAST_NS) + (lone ? MAX_ACK_DELAY_NS : 0);
        }
        timers.tailProbeAt = Math.min(nowNs + waitNs, timers.retransmitAt);
    }

    /** Loss recovery has begun: what follows tells about the probe, too. */
    void cancel() {
        timers.tailProbeAt = Timers.NEVER;
    }

    void forget() {
        cancel();
        endPosition = NONE;
    }

    void onTimeout(long nowNs) {
        timers.tailProbeAt = Timers.NEVER;
        if (!sender.hasOutstanding()) {
            return;
        }
        again = !sender.probeWithNewData(nowNs);
        boolean sent =
                !again || sender.retransmit(Math.max(sender.sndUna, sender.sndMax - sender.mss), sender.sndMax, nowNs);
        endPosition = sent ? sender.sndMax : NONE;
        sender.armRetransmit(nowNs);
    }

    /**
     * An acknowledgement of everything before {@code position}.
     *
     * @param duplicateEnd end of what it reports as received twice, -1 for nothing
     * @param plainDuplicate whether it says nothing new at all, without SACK blocks
     * @return true: the probe has repaired a loss, which congestion control must hear of
     */
    boolean onAck(long position, long duplicateEnd, boolean plainDuplicate) {
        if (endPosition == NONE || position < endPosition) {
            return false;
        }
        boolean repaired = false;
        if (!again || duplicateEnd == endPosition || plainDuplicate) {
            endPosition = NONE; // the original had arrived, or the probe was one itself
        } else if (position > endPosition) {
            endPosition = NONE;
            repaired = true;
        }
        return repaired;
    }
}
