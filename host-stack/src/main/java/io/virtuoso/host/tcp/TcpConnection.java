package io.virtuoso.host.tcp;

import java.util.Objects;

/**
 * One TCP connection: the transmission control block and its commands. See the package's description for the rules.
 * Not thread-safe: one thread at a time, in practice its owner. {@code nowNs} never goes back.
 */
public final class TcpConnection {
    private final TcpConfig config;
    private final TcpEvents events;
    private final Timers timers = new Timers();
    private final RttEstimator rtt;
    private CongestionAlgorithm algorithm;
    private CongestionControl congestion;
    private final Emitter emitter;
    private final Paws paws;
    private final Sender sender;
    private final Receiver receiver;
    private final LossRecovery recovery;
    private final AckProcessor acks;
    private final Handshake handshake;
    private final Keepalive keepalive;
    private final Closing closing;
    private final SegmentArrival arrival;

    private TcpState state = TcpState.CLOSED;
    private boolean established;
    /** What an ICMP message said, told if the connection times out (RFC 1122 section 4.2.3.9); 0: nothing. */
    private int softErrno;

    private long userTimeoutNs;
    private long segmentsReceived;

    /** A connection that shares nothing. */
    public TcpConnection(TcpConfig config, TcpOutput output, TcpEvents events) {
        this(config, output, events, new RecordPool());
    }

    /** @param pool shared by the connections of a thread */
    public TcpConnection(TcpConfig config, TcpOutput output, TcpEvents events, RecordPool pool) {
        this.config = config;
        this.events = events;
        algorithm = config.congestion();
        congestion = algorithm.create();
        rtt = new RttEstimator(config.minRtoNs(), config.maxRtoNs());
        emitter = new Emitter(this, output);
        paws = new Paws(emitter);
        sender = new Sender(this, timers, rtt);
        receiver = new Receiver(config, timers);
        recovery = new LossRecovery(this, sender, timers, rtt, pool);
        acks = new AckProcessor(sender, recovery);
        handshake = new Handshake(this, timers, rtt);
        keepalive = new Keepalive(this, timers);
        closing = new Closing(this, timers, events);
        arrival = new SegmentArrival(this, handshake, keepalive, closing);
    }

    // ---- opening -----------------------------------------------------------------------------------------------

    /**
     * Active open: sends SYN.
     *
     * @param iss initial sequence number, {@link InitialSequence#sequence}
     * @param timestampOffset {@link InitialSequence#timestampOffset}
     */
    public void connect(int iss, int timestampOffset, long nowNs) {
        sender.open(iss);
        emitter.setTimestampOffset(timestampOffset);
        handshake.connect(nowNs);
    }

    /** Passive open by {@code syn}: sends SYN and ACK. Called by {@link TcpListener}. */
    void accept(TcpSegment syn, int iss, int timestampOffset, long nowNs) {
        sender.open(iss);
        emitter.setTimestampOffset(timestampOffset);
        handshake.accept(syn, nowNs);
    }

    /** Passive open by the answer to a SYN cookie, which is to follow by {@link #onSegment}. */
    void recall(TcpSegment syn, int iss, int timestampOffset, long nowNs) {
        sender.open(iss);
        emitter.setTimestampOffset(timestampOffset);
        handshake.recall(syn, nowNs);
    }

    /** Gives the connection its buffers, once: at the latest in {@link TcpEvents#established}. */
    public void attachBuffers(SendBuffer sendBuffer, ReceiveBuffer receiveBuffer) {
        sender.attach(Objects.requireNonNull(sendBuffer));
        receiver.attach(Objects.requireNonNull(receiveBuffer));
    }

    /** A segment for this connection arrived, its checksum verified. */
    public TcpVerdict onSegment(TcpSegment segment, long nowNs) {
        segmentsReceived++;
        return arrival.process(segment, nowNs);
    }

    /** The time may have come for {@link #nextDeadlineNs()}; does nothing before. */
    public void onDeadline(long nowNs) {
        timers.expire(this, nowNs);
    }

    /** When {@link #onDeadline} must be called; {@link Long#MAX_VALUE}: never. */
    public long nextDeadlineNs() {
        return timers.next();
    }

    /**
     * An ICMP destination unreachable or time exceeded message about a segment of ours.
     *
     * @param errno what it means, such as {@link TcpErrno#EHOSTUNREACH}
     * @param quotedSeq sequence number in the message, which must be one in flight (RFC 5927 section 4.1)
     */
    public void onUnreachable(int errno, int quotedSeq) {
        if (!isInFlight(quotedSeq)) {
            return;
        }
        if (state == TcpState.SYN_SENT) {
            fail(errno);
        } else {
            softErrno = errno;
        }
    }

    /** An ICMP "fragmentation needed" message about a segment of ours: segments get smaller and are sent again. */
    public void onPathMtu(int newMss, int quotedSeq, long nowNs) {
        if (established && state != TcpState.CLOSED && isInFlight(quotedSeq) && newMss < handshake.maxSegment()) {
            handshake.limitSegment(newMss);
            congestion.onMss(sender.mss);
            recovery.onPathMtu(nowNs);
        }
    }

    private boolean isInFlight(int seq) {
        long position = sender.position(seq);
        return position >= sender.sndUna && position < sender.sndMax;
    }

    // ---- commands ----------------------------------------------------------------------------------------------

    /** The send buffer's tail moved. */
    public void onDataToSend(long nowNs) {
        if (state.isSynchronized()) {
            sender.transmit(nowNs);
        }
    }

    /**
     * The same, but with TCP_CORK sends no more than one output at once.
     *
     * @return true if this is to be called again, after commands that may have come meanwhile
     */
    public boolean onDataInTurns(long nowNs) {
        return state.isSynchronized() && sender.transmitInTurns(nowNs);
    }

    /** Bytes that the windows would let out beyond all that was written; 0 while something waits to be sent. */
    public long idleWindow() {
        return sender.idleWindow();
    }

    /** The receive buffer's head reached {@link #roomWanted()}. */
    public void onRoomMade(long nowNs) {
        if (state.receives() && receiver.isUpdateDue(nowNs)) {
            emitter.ack(nowNs);
        }
    }

    /** Where the receive buffer must be read up to for {@link #onRoomMade}; {@link Long#MAX_VALUE}: nowhere. */
    public long roomWanted() {
        return state.receives() ? receiver.roomWanted() : Long.MAX_VALUE;
    }

    /** The application reads no more: after {@link #shutdownWrite}, too, more data is answered by RST, as by Linux. */
    public void shutdownRead() {
        closing.shutdownRead();
    }

    /** Half close: FIN follows the last byte written. What is written later is ignored. */
    public void shutdownWrite(long nowNs) {
        closing.shutdownWrite(nowNs);
    }

    /**
     * Nobody uses the connection any more: it ends gracefully, but with RST if data was received and not read
     * (RFC 9293 section 3.6.1) or when more comes. Errors are no longer told.
     */
    public void close(long nowNs) {
        closing.close(nowNs);
    }

    /** Ends the connection at once, with RST where the peer knows of it. No {@link TcpEvents#failed}. */
    public void abort(long nowNs) {
        if (state == TcpState.SYN_RECEIVED || state.isSynchronized() && state != TcpState.TIME_WAIT) {
            emitter.reset(nowNs);
        }
        if (state != TcpState.CLOSED) {
            finish();
        }
    }

    /** TCP_NODELAY. */
    public void setNoDelay(boolean on, long nowNs) {
        sender.noDelay = on;
        onDataToSend(nowNs);
    }

    /** TCP_CORK: no partial segments for up to 200 ms. */
    public void setCork(boolean on, long nowNs) {
        sender.setCorked(on);
        if (!on) {
            onDataToSend(nowNs);
        }
    }

    /** TCP_QUICKACK: acknowledge every segment at once. Stays until it is taken back. */
    public void setQuickAck(boolean on, long nowNs) {
        receiver.alwaysQuick = on;
        if (on && timers.delayedAckAt != Timers.NEVER) {
            emitter.ack(nowNs);
        }
    }

    /** TCP_MAXSEG, in bytes, at most that of the configuration; 0: that. */
    public void setMaxSegment(int bytes) {
        handshake.limitSegment(bytes);
    }

    /** TCP_DEFER_ACCEPT, in seconds; 0: off. Has an effect during the handshake only. */
    public void setDeferAccept(long seconds) {
        handshake.deferAccept(seconds);
    }

    /** The window to offer at first, in bytes, if that is less than the configuration says. */
    public void setInitialWindow(int bytes) {
        receiver.limitInitialWindow(bytes);
    }

    /** TCP_CONGESTION: another control goes on with the window as it is. */
    public void setCongestion(CongestionAlgorithm newAlgorithm) {
        if (newAlgorithm == algorithm) {
            return;
        }
        algorithm = newAlgorithm;
        CongestionControl before = congestion;
        congestion = algorithm.create();
        if (established) {
            actOnOptions();
            congestion.takeOver(before, sender.mss);
        }
    }

    /** The peer's SYN has said what it agrees to. */
    private void actOnOptions() {
        if (!emitter.sack && congestion.wantsSamples()) {
            congestion = actingAlgorithm().create();
        }
        recovery.onCongestionControl(congestion);
    }

    private CongestionAlgorithm actingAlgorithm() {
        return established ? algorithm.acting(emitter.ecn.isActive(), emitter.sack) : algorithm;
    }

    /** SO_MAX_PACING_RATE, in bytes per second; 0 and {@link Long#MAX_VALUE}: no limit. */
    public void setMaxPacingRate(long bytesPerSecond, long nowNs) {
        sender.pacer().limit(bytesPerSecond, nowNs);
    }

    /** TCP_USER_TIMEOUT: how long data may stay unacknowledged; 0: as the retransmission limits say. */
    public void setUserTimeoutNs(long ns) {
        userTimeoutNs = ns;
    }

    /** SO_KEEPALIVE and its three times. */
    public Keepalive keepalive() {
        return keepalive;
    }

    // ---- changes of state --------------------------------------------------------------------------------------

    void enter(TcpState next) {
        state = next;
    }

    /** Both SYNs are acknowledged; {@code synWasLost}: ours was sent again. */
    void onEstablished(boolean synWasLost, long nowNs) {
        established = true;
        actOnOptions();
        congestion.onEstablished(sender.mss, synWasLost);
        enter(TcpState.ESTABLISHED);
        events.established(this);
        if (sender.buffer() == null) {
            throw new IllegalStateException("no buffers attached when established");
        }
        keepalive.onReceived(nowNs);
        keepalive.rearm(nowNs);
        closing.onEstablished(nowNs);
    }

    /** Gives up: no answer for too long. */
    void timeOut(long nowNs) {
        if (state != TcpState.SYN_SENT) {
            emitter.reset(nowNs);
        }
        fail(softErrno != 0 ? softErrno : TcpErrno.ETIMEDOUT);
    }

    void fail(int errno) {
        boolean told = !closing.isOrphaned() && (established || !handshake.isPassive());
        enter(TcpState.CLOSED);
        timers.stopAll();
        if (told) {
            events.failed(this, errno);
        }
        finish();
    }

    void finish() {
        enter(TcpState.CLOSED);
        timers.stopAll();
        recovery.onClosed();
        closing.releaseBuffers();
        events.closed(this);
    }

    /** After a segment was taken: data that may go now, and the ACK if that did not carry it. */
    void flush(long nowNs) {
        if (state == TcpState.CLOSED) {
            return;
        }
        if (receiver.isAckRequired() && receiver.hasReport()) {
            // By itself: with data it would not count as a duplicate ACK, nor have room for SACK blocks.
            emitter.ack(nowNs);
        }
        recovery.retransmitLost(nowNs);
        sender.transmit(nowNs);
        if (receiver.isAckRequired()) {
            emitter.ack(nowNs);
        }
    }

    // ---- parts, for each other ---------------------------------------------------------------------------------

    TcpConfig config() {
        return config;
    }

    Handshake handshake() {
        return handshake;
    }

    long segmentsReceived() {
        return segmentsReceived;
    }

    Sender sender() {
        return sender;
    }

    Receiver receiver() {
        return receiver;
    }

    Emitter emitter() {
        return emitter;
    }

    Paws paws() {
        return paws;
    }

    AckProcessor acks() {
        return acks;
    }

    LossRecovery recovery() {
        return recovery;
    }

    CongestionControl congestion() {
        return congestion;
    }

    Closing closing() {
        return closing;
    }

    long userTimeoutNs() {
        return userTimeoutNs;
    }

    /** A deadline, brought forward to where the user timeout of something begun at {@code sinceNs} ends. */
    long withinUserTimeout(long deadlineNs, long sinceNs) {
        return userTimeoutNs > 0 ? Math.min(deadlineNs, sinceNs + userTimeoutNs) : deadlineNs;
    }

    public TcpState state() {
        return state;
    }

    /** Whether the peer opened it. */
    public boolean isPassive() {
        return handshake.isPassive();
    }

    /** Where the output finds the payload; null before {@link #attachBuffers}. */
    public SendBuffer sendBuffer() {
        return sender.buffer();
    }

    /**
     * What is left when the connection is in TIME_WAIT and nobody holds it any more: it can take the connection's place, which
     * is to be ended by {@link #abort}.
     *
     * @return null before that
     */
    public TimeWait remains() {
        return closing.remains();
    }

    /** A consistent view of the connection's variables, for people and TCP_INFO. */
    public TcpInfo info() {
        return TcpInfo.of(this, rtt, actingAlgorithm());
    }
}
