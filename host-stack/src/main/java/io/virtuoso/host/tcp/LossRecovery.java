package io.virtuoso.host.tcp;

/**
 * Repairs loss: retransmission timeout (RFC 6298), fast retransmit and recovery (RFC 5681, NewReno of RFC 6582),
 * limited transmit (RFC 3042).
 */
final class LossRecovery {
    private static final int DUPLICATE_ACKS = 3;
    private static final int LIMITED_TRANSMIT = 2;

    private final TcpConnection connection;
    private final Sender sender;
    private final Timers timers;
    private final RttEstimator rtt;
    private final CongestionControl congestion;

    private int duplicateAcks;
    private boolean inRecovery;
    private boolean partialAckSeen;
    /** What had been sent when the last recovery began: older duplicate ACKs say nothing new. */
    private long recover = -1;
    /** Timeouts in a row without progress. */
    private int retries;

    private long lastRetransmitNs;
    private long totalRetransmits;
    private long bytesRetransmitted;

    LossRecovery(
            TcpConnection connection, Sender sender, Timers timers, RttEstimator rtt, CongestionControl congestion) {
        this.connection = connection;
        this.sender = sender;
        this.timers = timers;
        this.rtt = rtt;
        this.congestion = congestion;
    }

    /** How many bytes may be in flight as far as congestion is concerned. */
    long allowance() {
        if (inRecovery || duplicateAcks == 0) {
            return congestion.cwnd();
        }
        return congestion.cwnd() + (long) Math.min(duplicateAcks, LIMITED_TRANSMIT) * sender.mss;
    }

    /** The peer acknowledged everything before {@code position}, which is beyond SND.UNA. */
    void onNewAck(long position, TcpSegment segment, long nowNs) {
        long acked = position - sender.sndUna;
        long outstanding = sender.sndMax - sender.sndUna;
        takeRttSample(sender.onAcknowledged(position, nowNs), segment, nowNs);
        retries = 0;
        boolean rearm = true;
        if (!inRecovery) {
            duplicateAcks = 0;
            congestion.onAck(acked, outstanding, position < recover);
        } else if (position >= recover) {
            inRecovery = false;
            duplicateAcks = 0;
            congestion.onRecovered(sender.sndMax - sender.sndUna);
        } else {
            congestion.onPartialAck(acked);
            sender.retransmitHead(nowNs);
            rearm = !partialAckSeen;
            partialAckSeen = true;
        }
        if (!sender.hasOutstanding()) {
            timers.retransmitAt = Timers.NEVER;
        } else if (rearm) {
            sender.armRetransmit(nowNs);
        }
    }

    private void takeRttSample(long timedNs, TcpSegment segment, long nowNs) {
        if (timedNs >= 0) {
            rtt.onSample(timedNs);
        } else if (!sender.isTiming() && segment.hasTimestamps && connection.emitter().timestamps) {
            long elapsedNs = connection.emitter().elapsedSince(segment.tsEcr, nowNs);
            // An echo from before the last retransmission may be stale: then Karn's rule holds here, too.
            if (elapsedNs >= 0 && elapsedNs <= nowNs - lastRetransmitNs + Emitter.TICK_NS) {
                rtt.onSample(elapsedNs);
            }
        }
    }

    /** A duplicate ACK as RFC 5681 section 2 defines it. */
    void onDuplicateAck(long nowNs) {
        duplicateAcks++;
        if (inRecovery) {
            congestion.onDuplicateAckInRecovery();
        } else if (duplicateAcks == DUPLICATE_ACKS && sender.sndUna > recover) {
            inRecovery = true;
            partialAckSeen = false;
            recover = sender.sndMax;
            congestion.onFastRetransmit(sender.sndMax - sender.sndUna);
            sender.retransmitHead(nowNs);
            sender.armRetransmit(nowNs);
        }
    }

    /** The peer answers although its window is closed: no reason to give up. */
    void onSignOfLife() {
        if (sender.sndWnd == 0) {
            retries = 0;
        }
    }

    void onTimeout(long nowNs) {
        timers.retransmitAt = Timers.NEVER;
        if (!sender.hasOutstanding()) {
            return;
        }
        if (isPatienceOver(retries, nowNs)) {
            connection.timeOut(nowNs);
            return;
        }
        congestion.onTimeout(sender.sndMax - sender.sndUna, retries == 0);
        retries++;
        rtt.backOff();
        inRecovery = false;
        duplicateAcks = 0;
        recover = sender.sndMax;
        sender.sndNxt = sender.sndUna;
        sender.retransmitHead(nowNs);
        sender.armRetransmit(nowNs);
    }

    /** Whether so many attempts without an answer are enough (RFC 9293 section 3.8.3; TCP_USER_TIMEOUT). */
    boolean isPatienceOver(int attempts, long nowNs) {
        long userTimeoutNs = connection.userTimeoutNs();
        if (userTimeoutNs > 0) {
            return nowNs - sender.progressNs >= userTimeoutNs;
        }
        TcpConfig config = connection.config();
        return attempts >= (connection.isOrphaned() ? config.orphanRetries() : config.retries());
    }

    void onRetransmitted(long bytes, long nowNs) {
        lastRetransmitNs = nowNs;
        totalRetransmits++;
        bytesRetransmitted += bytes;
    }

    int retries() {
        return retries;
    }

    long totalRetransmits() {
        return totalRetransmits;
    }

    long bytesRetransmitted() {
        return bytesRetransmitted;
    }
}
