package io.virtuoso.host.tcp;

/**
 * How much may be in flight, and how fast it leaves. Told about each ACK and each loss; who works by a model of the path
 * gets a sample of it with each ACK instead. All sizes in bytes.
 */
interface CongestionControl {
    /** The connection is established; {@code mss} is what a full segment carries. */
    void onEstablished(int mss, boolean synWasRetransmitted);

    /** Goes on where another control has come to. */
    void takeOver(CongestionControl before, int mss);

    /** The size of full segments changed (path MTU). */
    void onMss(int mss);

    /**
     * New data was acknowledged outside of recovery.
     *
     * @param acked bytes newly acknowledged
     * @param flight bytes that were in flight before
     * @param afterTimeout whether data sent before the last retransmission timeout is still being repaired
     */
    default void onAck(long acked, long flight, boolean afterTimeout, long nowNs) {}

    /** A round trip was measured, in nanoseconds. */
    default void onRttSample(long rttNs) {}

    /**
     * All that was in flight when this was called last is acknowledged.
     *
     * @param acked bytes acknowledged in this round trip; 0 if it was one of repair
     */
    default void onRound(long acked, long nowNs) {}

    /** With ECN: so many bytes were acknowledged, with or without an echo of congestion. */
    default void onEcnFeedback(long acked, boolean marked) {}

    /** With ECN: the network says that it is congested; at most once for all that is in flight. */
    void onMarked(long flight);

    /**
     * Whether it works by marks (RFC 8257): then ECN is asked for, whatever is sent may be marked, and marks that arrive
     * are echoed one by one instead of until the peer has reacted.
     */
    default boolean wantsEachMark() {
        return false;
    }

    /** A loss was detected by duplicate ACKs or SACK blocks: recovery begins. */
    void onFastRetransmit(long flight);

    /** So many duplicate ACKs tell, without SACK, that as many segments have left the network during recovery. */
    default void onDuplicateAcks(int count) {}

    /** Without SACK: an ACK for part of the data in flight when recovery began. */
    default void onPartialAck(long acked) {}

    /** Without SACK: all data in flight when recovery began is acknowledged; {@code flight} is what remains. */
    default void onRecovered(long flight) {}

    /** A recovery is over, in which so many bytes were sent again. */
    void onRepaired(long sentAgain);

    /**
     * The retransmission timer expired.
     *
     * @param first whether for the first time for this data
     * @param repairing whether a loss seen by acknowledgements was being repaired: that has reduced the window already,
     *     and has let more out since for what arrived
     */
    void onTimeout(long flight, boolean first, boolean repairing);

    /** A loss will be told next, which may turn out to be none. */
    void remember();

    /** It was none: the window is what it was when that was remembered, or more (RFC 4015, RFC 9438 section 4.9). */
    void undo();

    /** Sending resumes after nothing was in flight for longer than the retransmission timeout. */
    default void onIdle(long nowNs) {}

    long cwnd();

    long ssthresh();

    // ---- for those that work by a model of the path ----------------------------------------------------------------

    /**
     * Whether it works by samples of the path: then {@link #cwnd} holds in recovery, too, instead of RFC 6937. Only where
     * SACK was agreed on.
     */
    default boolean wantsSamples() {
        return false;
    }

    /** An acknowledgement was taken, and losses found by it. The sample is good until this returns. */
    default void onSample(RateSample sample, long nowNs) {}

    /** Something is held to be lost. The sample is good until this returns. */
    default void onLost(RateSample loss) {}

    /** Sending begins again after there was nothing to send and nothing in flight. */
    default void onRestart(long nowNs) {}

    /** Whether it sends less on purpose, so that rates measured meanwhile do not show what the path delivers. */
    default boolean holdsBack() {
        return false;
    }

    /** How fast data is to leave, in bytes per second; {@link Pacer#UNLIMITED}: as the window says. */
    default long pacingRate() {
        return Pacer.UNLIMITED;
    }
}
