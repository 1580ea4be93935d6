package io.virtuoso.host.tcp;

/**
 * Repairs loss: by RACK and tail loss probes (RFC 8985) where SACK was agreed on, else by duplicate ACKs (RFC 5681,
 * 6582); at the pace of RFC 6937; by the retransmission timer (RFC 6298) in the end. Limited transmit (RFC 3042).
 */
final class LossRecovery {
    private static final int DUPLICATE_ACKS = 3;
    private static final int LIMITED_TRANSMIT = 2;

    /** What is being repaired. */
    private enum Phase {
        /** Nothing. */
        NONE,
        /** A loss seen by acknowledgements. */
        FAST,
        /** A loss seen by the timer; only with SACK, else SND.NXT goes back instead. */
        TIMEOUT
    }

    private final TcpConnection connection;
    private final Sender sender;
    private final Timers timers;
    private final RttEstimator rtt;
    private final SentSegments sent;
    private final Rack rack;
    private final TailProbe tailProbe;
    private final NeedlessRepair needless;
    private final RoundTripTimes times;
    private final RateReduction reduction = new RateReduction();
    /** Null: congestion control wants no samples. */
    private PathSampler sampler;

    private int duplicateAcks;
    private Phase phase = Phase.NONE;
    private boolean partialAckSeen;
    /** What had been sent when the last recovery began: older duplicate ACKs say nothing new. */
    private long recover = -1;
    /** What had been sent when the present round trip began. */
    private long roundEnd;
    /** What had been acknowledged then; -1: something was being repaired. */
    private long roundStart;
    /** Bytes sent again when the last recovery began. */
    private long sentAgainBefore;
    /** Timeouts in a row without progress. */
    private int retries;

    private long totalRetransmits;
    private long bytesRetransmitted;

    LossRecovery(TcpConnection connection, Sender sender, Timers timers, RttEstimator rtt, RecordPool pool) {
        this.connection = connection;
        this.sender = sender;
        this.timers = timers;
        this.rtt = rtt;
        sent = new SentSegments(pool);
        times = new RoundTripTimes(connection, sender, rtt);
        needless = new NeedlessRepair(connection.emitter());
        rack = new Rack(sent, rtt, connection.emitter(), needless);
        tailProbe = new TailProbe(sender, timers, rtt);
    }

    /** What is in flight, as far as SACK is used. */
    SentSegments sent() {
        return sent;
    }

    /** Congestion control was chosen, after the SYNs. */
    void onCongestionControl(CongestionControl congestion) {
        if (!congestion.wantsSamples()) {
            sampler = null;
        } else if (sampler == null) {
            sampler = new PathSampler(connection, sent, rack, rtt);
        }
        sent.tell(sampler);
    }

    private boolean usesSack() {
        return connection.emitter().sack;
    }

    /** How far SND.NXT may be beyond SND.UNA as far as congestion is concerned. */
    long allowance() {
        long cwnd = connection.congestion().cwnd();
        if (usesSack()) {
            return sender.flight() + roomInPipe();
        }
        if (phase != Phase.NONE || duplicateAcks == 0 || sender.sndNxt < sender.sndMax) {
            return cwnd;
        }
        return cwnd + (long) Math.min(duplicateAcks, LIMITED_TRANSMIT) * sender.mss;
    }

    /** With SACK: how many bytes may be sent now, be it again or for the first time. */
    private long roomInPipe() {
        boolean reduces = phase == Phase.FAST && sampler == null;
        return (reduces ? reduction.cwnd() : connection.congestion().cwnd()) - sent.pipe();
    }

    /** [position, end) was sent; {@code bytes} of it are data. */
    void onSent(long position, long end, long bytes, long nowNs) {
        reduction.onSent(bytes);
        if (position < sender.sndMax) {
            times.onSentAgain(nowNs);
            totalRetransmits++;
            long again = Math.min(end, sender.sndMax) - position;
            bytesRetransmitted += again;
            needless.onSentAgain(again);
        }
        if (sampler != null) {
            sampler.onSent(end - position, nowNs);
        }
        if (usesSack()) {
            sent.onSent(position, end, nowNs);
        }
    }

    /** There is something to send; {@code starved}: for a while there was not. */
    void onSending(boolean starved, long nowNs) {
        if (sampler != null) {
            sampler.onSending(starved, nowNs);
        }
    }

    /** There is more to send, which something holds back. */
    void onHeldBack() {
        if (sampler != null && roomInPipe() < sender.mss) {
            sampler.onWindowLimited(sender.sndMax);
        }
    }

    /** New data was sent. */
    void onNewDataSent(long nowNs) {
        if (usesSack()) {
            scheduleTailProbe(nowNs);
        }
    }

    private void scheduleTailProbe(long nowNs) {
        if (phase == Phase.NONE && sent.isUndisturbed()) {
            tailProbe.schedule(nowNs);
        } else {
            tailProbe.cancel();
        }
    }

    // ---- acknowledgements --------------------------------------------------------------------------------------

    /** The peer acknowledged everything before {@code position}, which is beyond SND.UNA. */
    void onNewAck(long position, TcpSegment segment, long nowNs) {
        long acked = position - sender.sndUna;
        long outstanding = sender.sndMax - sender.sndUna;
        times.onNewAck(sender.onAcknowledged(position, nowNs), segment, nowNs);
        retries = 0;
        boolean rearm = true;
        boolean grows = phase != Phase.FAST;
        if (needless.onNewAck(segment)) {
            undo();
        }
        if (phase != Phase.NONE && position >= recover) {
            onRecovered();
        } else if (!usesSack() && phase != Phase.NONE) {
            connection.congestion().onPartialAck(acked);
            sender.retransmitHead(nowNs);
            rearm = !partialAckSeen;
            partialAckSeen = true;
        }
        boolean marked = isMarked(acked, segment);
        if (grows) {
            duplicateAcks = 0;
            if (position >= roundEnd) {
                connection.congestion().onRound(roundStart < 0 ? 0 : position - roundStart, nowNs);
                needless.onRound();
                roundEnd = sender.sndMax;
                roundStart = phase == Phase.NONE && position >= recover ? position : -1;
            }
            if (marked) {
                onMarked(outstanding);
            } else {
                connection.congestion().onAck(acked, outstanding, position - acked < recover, nowNs);
            }
        }
        if (!sender.hasOutstanding()) {
            timers.retransmitAt = Timers.NEVER;
        } else if (rearm) {
            sender.armRetransmit(nowNs);
        }
        if (usesSack()) {
            rack.onNewAck(segment, nowNs);
            onSackAck(segment, sent.acknowledge(position, arrivals()), false, nowNs);
            scheduleTailProbe(nowNs);
        }
    }

    /** A loss is seen that may turn out to be none. */
    private void remember(boolean byTimeout, long nowNs) {
        boolean firstAgain = sender.sndUna < recover || sent.count() > 0 && sent.is(0, SentSegments.SENT_AGAIN);
        needless.onReduced(byTimeout, firstAgain, sender.sndUna, sent.repairedBytes(), nowNs);
        connection.congestion().remember();
    }

    /**
     * What was held to be lost arrives: goes on as if nothing had been (RFC 4015). The timeout stays backed off until a
     * round trip is measured; the echo at hand is no measure: a peer may echo an old timestamp when its ACK was lost.
     */
    private void undo() {
        needless.forget();
        connection.congestion().undo();
        phase = Phase.NONE;
        duplicateAcks = 0;
        if (usesSack()) {
            sent.loseNothing();
            rack.onNeedlessRepair();
        } else {
            sender.sndNxt = sender.sndMax;
        }
    }

    private void onRecovered() {
        phase = Phase.NONE;
        duplicateAcks = 0;
        if (usesSack()) {
            rack.onRecovered();
        } else {
            connection.congestion().onRecovered(sender.sndMax - sender.sndUna);
        }
        connection.congestion().onRepaired(bytesRetransmitted - sentAgainBefore);
    }

    /**
     * An ACK of SND.UNA came once more.
     *
     * @param duplicate whether it is a duplicate ACK as RFC 5681 section 2 defines it
     */
    void onSameAck(TcpSegment segment, boolean duplicate, long nowNs) {
        if (usesSack()) {
            if (duplicate || segment.sackCount > 0) {
                onSackAck(segment, 0, duplicate && segment.sackCount == 0, nowNs);
            }
        } else if (duplicate) {
            onDuplicateAck(nowNs);
        }
    }

    private boolean isMarked(long acked, TcpSegment segment) {
        Ecn ecn = connection.emitter().ecn;
        long marked = ecn.markedBytes(acked, sender.mss, segment);
        if (ecn.isActive()) {
            connection.congestion().onEcnFeedback(acked - marked, false);
            connection.congestion().onEcnFeedback(marked, true);
        }
        return marked > 0;
    }

    /** The network is congested: reduces once for what is in flight (RFC 3168 section 6.1.2). */
    private void onMarked(long outstanding) {
        Ecn ecn = connection.emitter().ecn;
        if (phase == Phase.NONE && ecn.isNews(sender.sndUna)) {
            connection.congestion().onMarked(outstanding);
            ecn.onMarkAnswered(sender.sndMax);
        }
    }

    /** What SACK blocks tell, and what follows; so many bytes were acknowledged. */
    private void onSackAck(TcpSegment segment, long acknowledged, boolean plainDuplicate, long nowNs) {
        long duplicateEnd = sender.duplicateEnd(segment);
        if (duplicateEnd >= 0) {
            rack.onDuplicateArrived(sender.sndUna, sender.sndMax);
            if (needless.onDuplicate(sender.position(segment.sackEdges[0]), duplicateEnd)) {
                undo();
            }
        }
        long arrived = acknowledged;
        rack.onSack(nowNs);
        for (int block = duplicateEnd >= 0 ? 1 : 0; block < segment.sackCount; block++) {
            long left = sender.position(segment.sackEdges[2 * block]);
            long right = sender.position(segment.sackEdges[2 * block + 1]);
            if (left > sender.sndUna && left < right && right <= sender.sndMax) {
                arrived += sent.sack(left, right, arrivals());
            }
        }
        boolean advanced = acknowledged > 0 && sender.sndUna < recover;
        if (needless.onAckAfterTimeout(advanced, sender.unsent() > 0)) {
            undo();
        }
        boolean repaired = tailProbe.onAck(sender.sndUna, duplicateEnd, plainDuplicate);
        if (repaired && phase == Phase.NONE) {
            connection.congestion().onFastRetransmit(flightBeforeLoss());
        }
        boolean goesOn = phase == Phase.FAST;
        detectLoss(nowNs);
        if (goesOn) {
            reduce(arrived);
        }
        if (!sent.isUndisturbed()) {
            tailProbe.cancel();
        }
        if (sampler != null) {
            sampler.onAck(sender.sndUna, arrived, nowNs);
        }
    }

    private SentSegments.Arrivals arrivals() {
        return sampler == null ? rack : sampler.arrivals();
    }

    /** What was measured last, in bytes per second; 0: nothing is. */
    long deliveryRate() {
        return sampler == null ? 0 : sampler.latestRate();
    }

    private void reduce(long delivered) {
        reduction.onAck(delivered, sent.pipe(), connection.congestion().ssthresh(), sender.mss);
    }

    private void detectLoss(long nowNs) {
        long lostBefore = sent.lostBytes();
        long waitNs = rack.detectLoss(phase != Phase.NONE, sender.mss, nowNs);
        timers.reorderAt = waitNs == 0 ? Timers.NEVER : nowNs + waitNs;
        if (sent.lostBytes() > lostBefore && phase == Phase.NONE) {
            enterRecovery(nowNs);
            tailProbe.forget();
            reduction.onRecovery(sender.sndMax - sender.sndUna);
            reduce(sent.sackedBytes());
            // The first segment goes at once, whatever is in flight (RFC 6675 section 5, step 4.3).
            sendLost(sender.mss, nowNs);
        }
    }

    /** The reordering window has passed: what was missing then is lost. */
    void onReorderTimeout(long nowNs) {
        detectLoss(nowNs);
        retransmitLost(nowNs);
        sender.transmit(nowNs);
    }

    void onTailProbeTimeout(long nowNs) {
        tailProbe.onTimeout(nowNs);
    }

    private void onDuplicateAck(long nowNs) {
        duplicateAcks++;
        if (phase == Phase.FAST) {
            connection.congestion().onDuplicateAcks(1);
        } else if (duplicateAcks == DUPLICATE_ACKS && sender.sndUna > recover) {
            enterRecovery(nowNs);
            connection.congestion().onDuplicateAcks(DUPLICATE_ACKS);
            sender.retransmitHead(nowNs);
            sender.armRetransmit(nowNs);
        }
    }

    /** Without what limited transmit added, which must not count when the window shrinks (RFC 5681 section 3.2). */
    private long flightBeforeLoss() {
        return Math.min(sender.sndMax - sender.sndUna, connection.congestion().cwnd());
    }

    /**
     * A repair that is lost itself counts as another loss from the window that was reduced for the first (RFC 5681
     * section 4.3). After a partial ACK it need not be lost: the timer has run on since the first (RFC 6582 section 4).
     */
    private long flightBeforeTimeout() {
        long flight = sender.sndMax - sender.sndUna;
        boolean repairLost = phase == Phase.FAST && !partialAckSeen;
        return repairLost ? Math.min(flight, connection.congestion().ssthresh()) : flight;
    }

    private void enterRecovery(long nowNs) {
        remember(false, nowNs);
        phase = Phase.FAST;
        partialAckSeen = false;
        roundStart = -1;
        sentAgainBefore = bytesRetransmitted;
        recover = sender.sndMax;
        connection.emitter().ecn.onReduced(recover);
        if (isReductionDue()) {
            connection.congestion().onFastRetransmit(flightBeforeLoss());
        }
    }

    /** Not if a mark in the same window was answered as a loss is (RFC 3168 section 6.1.2). */
    private boolean isReductionDue() {
        boolean answered = connection.emitter().ecn.isMarkAnswered(sender.sndUna);
        return !answered || connection.congestion().wantsEachMark();
    }

    /** Sends lost data again as far as the congestion window allows (RFC 6675 section 5, step C). */
    void retransmitLost(long nowNs) {
        boolean mayRepair = !needless.isHoldingBack();
        while (mayRepair
                && sent.lostBytes() > 0
                && roomInPipe() >= sender.mss
                && sender.pacer().isDue(nowNs)) {
            int room = (int) Math.min(roomInPipe(), Integer.MAX_VALUE);
            mayRepair = sendLost(sender.pacer().burst(sender.mss, room - room % sender.mss), nowNs);
        }
    }

    /** @return false if the peer's window has shrunk so that it would not take that */
    private boolean sendLost(long most, long nowNs) {
        int index = sent.firstLost();
        long position = sent.start(index);
        while (index + 1 < sent.count() && sent.is(index + 1, SentSegments.LOST)) {
            index++;
        }
        boolean fits = sender.retransmit(position, Math.min(position + most, sent.end(index)), nowNs);
        if (position == sender.sndUna) {
            // What is sent again and again keeps SND.UNA where it is: each time it has a whole timeout to arrive.
            sender.armRetransmit(nowNs);
        }
        return fits;
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
        if (phase == Phase.FAST) {
            needless.forget(); // what arrives now may be a repair of before
        } else if (retries == 0) {
            remember(true, nowNs);
        }
        connection.congestion().onTimeout(flightBeforeTimeout(), retries == 0, phase == Phase.FAST);
        retries++;
        rtt.backOff();
        duplicateAcks = 0;
        roundStart = -1;
        recover = sender.sndMax;
        connection.emitter().ecn.onReduced(recover);
        if (usesSack()) {
            phase = Phase.TIMEOUT;
            tailProbe.forget();
            timers.reorderAt = Timers.NEVER;
            if (sent.is(0, SentSegments.SACKED)) {
                sent.forgetSacks();
            }
            rack.onTimeout(sender.mss, nowNs);
            sendLost(sender.mss, nowNs);
        } else {
            phase = Phase.NONE;
            sender.sndNxt = sender.sndUna;
            sender.retransmitHead(nowNs);
        }
        sender.armRetransmit(nowNs);
    }

    /** Segments in flight were too large for the path: sends them again in smaller ones, which is no congestion. */
    void onPathMtu(long nowNs) {
        if (usesSack()) {
            sent.loseAll();
            retransmitLost(nowNs);
        } else {
            sender.sndNxt = sender.sndUna;
        }
        sender.transmit(nowNs);
    }

    /** Whether so many attempts without an answer are enough (RFC 9293 section 3.8.3; TCP_USER_TIMEOUT). */
    boolean isPatienceOver(int attempts, long nowNs) {
        long userTimeoutNs = connection.userTimeoutNs();
        if (userTimeoutNs > 0) {
            return nowNs - sender.progressNs >= userTimeoutNs;
        }
        TcpConfig config = connection.config();
        return attempts >= (connection.closing().isOrphaned() ? config.orphanRetries() : config.retries());
    }

    void onClosed() {
        sent.release();
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
