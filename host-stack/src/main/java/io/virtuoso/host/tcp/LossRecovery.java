package io.virtuoso.host.tcp;

/**
 * Repairs loss: retransmission timeout (RFC 6298), fast retransmit and recovery (RFC 5681) by SACK blocks (RFC 6675) or
 * without (NewReno, RFC 6582), at the pace of RFC 6937, limited transmit (RFC 3042).
 */
final class LossRecovery {
    private static final int DUPLICATE_ACKS = 3;
    private static final int LIMITED_TRANSMIT = 2;

    private final TcpConnection connection;
    private final Sender sender;
    private final Timers timers;
    private final RttEstimator rtt;
    private final Scoreboard scoreboard = new Scoreboard();
    private final RateReduction reduction = new RateReduction();

    private int duplicateAcks;
    private boolean inRecovery;
    private boolean partialAckSeen;
    /** What had been sent when the last recovery began: older duplicate ACKs say nothing new. */
    private long recover = -1;
    /** What had been sent when the present round trip began. */
    private long roundEnd;
    /** Timeouts in a row without progress. */
    private int retries;

    private long lastRetransmitNs;
    private long totalRetransmits;
    private long bytesRetransmitted;

    LossRecovery(TcpConnection connection, Sender sender, Timers timers, RttEstimator rtt) {
        this.connection = connection;
        this.sender = sender;
        this.timers = timers;
        this.rtt = rtt;
    }

    private boolean usesSack() {
        return connection.emitter().sack;
    }

    /** How far SND.NXT may be beyond SND.UNA as far as congestion is concerned. */
    long allowance() {
        long cwnd = connection.congestion().cwnd();
        if (sender.sndNxt < sender.sndMax) {
            return cwnd + scoreboard.sackedBefore(sender.sndNxt);
        }
        if (usesSack()) {
            boolean disturbed = inRecovery || !scoreboard.isEmpty();
            return disturbed ? sender.flight() + roomInPipe() : cwnd;
        }
        if (inRecovery || duplicateAcks == 0) {
            return cwnd;
        }
        return cwnd + (long) Math.min(duplicateAcks, LIMITED_TRANSMIT) * sender.mss;
    }

    /** With SACK: how many bytes may be sent now, be it again or for the first time. */
    private long roomInPipe() {
        return (inRecovery ? reduction.cwnd() : connection.congestion().cwnd()) - pipe();
    }

    private long pipe() {
        return scoreboard.pipe(sender.sndUna, sender.sndMax);
    }

    void onSent(long bytes) {
        reduction.onSent(bytes);
    }

    // ---- acknowledgements --------------------------------------------------------------------------------------

    /** The peer acknowledged everything before {@code position}, which is beyond SND.UNA. */
    void onNewAck(long position, TcpSegment segment, long nowNs) {
        long acked = position - sender.sndUna;
        long outstanding = sender.sndMax - sender.sndUna;
        long sackedBefore = scoreboard.sackedBytes();
        takeRttSample(sender.onAcknowledged(position, nowNs), segment, nowNs);
        updateScoreboard(segment);
        reduce(acked + scoreboard.sackedBytes() - sackedBefore);
        retries = 0;
        boolean rearm = true;
        if (!inRecovery) {
            duplicateAcks = 0;
            if (position >= roundEnd) {
                roundEnd = sender.sndMax;
                connection.congestion().onRound();
            }
            connection.congestion().onAck(acked, outstanding, position - acked < recover, nowNs);
        } else if (position >= recover) {
            inRecovery = false;
            duplicateAcks = 0;
            if (!usesSack()) {
                connection.congestion().onRecovered(sender.sndMax - sender.sndUna);
            }
        } else if (!usesSack()) {
            connection.congestion().onPartialAck(acked);
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
        long echoNs = echoedRtt(segment, nowNs);
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
    private long echoedRtt(TcpSegment segment, long nowNs) {
        if (!segment.hasTimestamps || !connection.emitter().timestamps) {
            return -1;
        }
        long elapsedNs = connection.emitter().elapsedSince(segment.tsEcr, nowNs);
        // An echo from before the last retransmission may be stale: then Karn's rule holds here, too.
        return elapsedNs <= nowNs - lastRetransmitNs + Emitter.TICK_NS ? elapsedNs : -1;
    }

    /** Takes the SACK blocks of a segment. Returns whether they told anything new. */
    boolean onSackBlocks(TcpSegment segment) {
        long sackedBefore = scoreboard.sackedBytes();
        boolean news = updateScoreboard(segment);
        reduce(scoreboard.sackedBytes() - sackedBefore);
        return news;
    }

    private boolean updateScoreboard(TcpSegment segment) {
        if (!usesSack() || segment.sackCount == 0 && scoreboard.isEmpty()) {
            return false;
        }
        return scoreboard.update(segment, sender);
    }

    private void reduce(long delivered) {
        if (inRecovery && usesSack()) {
            reduction.onAck(delivered, pipe(), connection.congestion().ssthresh(), sender.mss);
        }
    }

    /** A duplicate ACK as RFC 5681 section 2 defines it, or one with news in its SACK blocks. */
    void onDuplicateAck(long nowNs) {
        duplicateAcks++;
        if (inRecovery) {
            if (!usesSack()) {
                connection.congestion().onDuplicateAcks(1);
            }
        } else if (usesSack()) {
            boolean lost = duplicateAcks >= DUPLICATE_ACKS || scoreboard.isLost(sender.sndUna);
            if (lost && !scoreboard.isEmpty() && sender.sndUna >= recover) {
                enterRecovery();
                scoreboard.onRecovery(sender.sndUna, sender.mss);
                reduction.onRecovery(sender.sndMax - sender.sndUna);
                reduce(scoreboard.sackedBytes());
                // The first segment goes at once, whatever is in flight (RFC 6675 section 5, step 4.3).
                sendLost(sender.sndUna + sender.mss, nowNs);
                sender.armRetransmit(nowNs);
            }
        } else if (duplicateAcks == DUPLICATE_ACKS && sender.sndUna > recover) {
            enterRecovery();
            connection.congestion().onDuplicateAcks(DUPLICATE_ACKS);
            sender.retransmitHead(nowNs);
            sender.armRetransmit(nowNs);
        }
    }

    private void enterRecovery() {
        inRecovery = true;
        partialAckSeen = false;
        recover = sender.sndMax;
        connection.congestion().onFastRetransmit(sender.sndMax - sender.sndUna);
    }

    /** Sends lost data again as far as the congestion window allows (RFC 6675 section 5, step C). */
    void retransmitLost(long nowNs) {
        if (!inRecovery || !usesSack()) {
            return;
        }
        boolean more = true;
        while (more) {
            long room = roomInPipe();
            long lost = scoreboard.nextLost();
            more = lost >= 0 && lost < sender.sndMax && room >= sender.mss;
            if (more) {
                sendLost(lost + room - room % sender.mss, nowNs);
            }
        }
    }

    private void sendLost(long limit, long nowNs) {
        long position = scoreboard.nextLost();
        long end = sender.retransmit(position, Math.min(limit, scoreboard.lostEnd(position)), nowNs);
        scoreboard.onSentAgain(end, sender.sndMax);
    }

    // ---- timeout -----------------------------------------------------------------------------------------------

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
        connection.congestion().onTimeout(sender.sndMax - sender.sndUna, retries == 0);
        retries++;
        rtt.backOff();
        inRecovery = false;
        duplicateAcks = 0;
        recover = sender.sndMax;
        scoreboard.clear();
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

    /** While sending again from SND.UNA on: the first position that the peer does not have. */
    long skipSacked(long position) {
        return Math.min(scoreboard.skipSacked(position), sender.sndMax);
    }

    /** The end of what is missing at {@code position}. */
    long holeEnd(long position) {
        return Math.min(scoreboard.holeEnd(position), sender.sndMax);
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
