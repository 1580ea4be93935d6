package io.virtuoso.host.tcp;

/**
 * Proportional rate reduction (RFC 6937): during recovery data goes out at the pace at which it arrives at the peer, so
 * that many losses seen at once are not answered by a burst that is lost again. All in bytes.
 */
final class RateReduction {
    private long delivered;
    private long out;
    private long flightAtLoss;
    private long cwnd;

    void onRecovery(long flight) {
        delivered = 0;
        out = 0;
        flightAtLoss = Math.max(flight, 1);
        cwnd = 0;
    }

    /** An ACK told that so many bytes have arrived; {@code pipe} is what is in the network now. */
    void onAck(long newlyDelivered, long pipe, long ssthresh, int mss) {
        delivered += newlyDelivered;
        long room;
        if (pipe > ssthresh) {
            room = (delivered * ssthresh + flightAtLoss - 1) / flightAtLoss - out;
        } else {
            // PRR-SSRB: grows back to ssthresh as in slow start.
            room = Math.min(ssthresh - pipe, Math.max(delivered - out, newlyDelivered) + mss);
        }
        cwnd = pipe + Math.max(room, 0);
    }

    void onSent(long bytes) {
        out += bytes;
    }

    long cwnd() {
        return cwnd;
    }
}
