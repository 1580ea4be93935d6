package io.virtuoso.host.tcp;

/**
 * What an acknowledgement tells of the path, or a loss: RS of draft-ietf-ccwg-bbr section 2.3. It is filled anew each
 * time. Bytes, bytes per second, nanoseconds.
 */
final class RateSample {
    /** Whether anything arrived of which is known when it was sent; otherwise what depends on that is 0. */
    boolean hasData;
    /** RS.delivery_rate; 0: none that can be relied upon. */
    long deliveryRate;
    /** RS.delivered: what arrived since the segment was sent that arrived last of all. */
    long delivered;
    /** RS.prior_delivered: what had arrived when that was sent. */
    long priorDelivered;
    /** RS.tx_in_flight: what was in flight when it was sent, itself included. */
    long txInFlight;
    /** RS.lost: what was found to be lost since then. */
    long lost;
    /** RS.is_app_limited: whether there had been nothing to send for a while when it was sent. */
    boolean appLimited;
    /** RS.rtt; -1: not measured. */
    long rttNs;

    /** RS.newly_acked: acknowledged or sacked for the first time. */
    long newlyAcked;
    /** RS.newly_lost; of a loss, its size. */
    long newlyLost;

    /** C.delivered: what has arrived in the life of the connection. */
    long totalDelivered;
    /** C.inflight, now. */
    long inflight;
    /** C.is_cwnd_limited: whether the congestion window held data back in this round trip. */
    boolean windowLimited;

    void clear() {
        hasData = false;
        deliveryRate = 0;
        delivered = 0;
        priorDelivered = 0;
        txInFlight = 0;
        lost = 0;
        appLimited = false;
        rttNs = -1;
        newlyAcked = 0;
        newlyLost = 0;
        totalDelivered = 0;
        inflight = 0;
        windowLimited = false;
    }
}
