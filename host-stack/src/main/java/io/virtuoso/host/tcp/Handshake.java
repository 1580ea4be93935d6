package io.virtuoso.host.tcp;

/** Opening: what SYNs say, the states SYN_SENT and SYN_RECEIVED (RFC 9293 sections 3.5 and 3.10.7.3). */
final class Handshake {
    /** RFC 9293 section 3.7.1: without an MSS option. */
    static final int DEFAULT_MSS = 536;
    /** A peer that asks for less only wants to make us busy. */
    static final int MIN_MSS = 48;

    private static final int TIMESTAMP_BYTES = 12;

    private final TcpConnection connection;
    private final TcpConfig config;
    private final Timers timers;
    private final RttEstimator rtt;

    private boolean passive;
    /** A SYN cookie was answered: it is not known when that was sent. */
    private boolean recalled;

    private int maxSegment;
    private int peerMss = DEFAULT_MSS;
    private boolean scaled;
    private final Deferral deferral = new Deferral();
    private int timeouts;
    private int retransmissions;
    private long startedNs;

    Handshake(TcpConnection connection, Timers timers, RttEstimator rtt) {
        this.connection = connection;
        this.config = connection.config();
        this.timers = timers;
        this.rtt = rtt;
        maxSegment = config.mss();
    }

    void connect(long nowNs) {
        startedNs = nowNs;
        connection.enter(TcpState.SYN_SENT);
        sendSyn(nowNs);
    }

    void accept(TcpSegment syn, long nowNs) {
        passive = true;
        startedNs = nowNs;
        takeSyn(syn, nowNs);
        connection.enter(TcpState.SYN_RECEIVED);
        sendSyn(nowNs);
    }

    /** Goes on from a SYN that was answered by a cookie: {@link #complete} follows at once. */
    void recall(TcpSegment syn, long nowNs) {
        passive = true;
        recalled = true;
        startedNs = nowNs;
        takeSyn(syn, nowNs);
        connection.enter(TcpState.SYN_RECEIVED);
        connection.receiver().offerInSyn();
        connection.receiver().onAckSent();
        onSynSent(nowNs);
    }

    boolean isPassive() {
        return passive;
    }

    /** TCP_DEFER_ACCEPT. */
    void deferAccept(long seconds) {
        deferral.set(seconds);
    }

    /** TCP_MAXSEG: limits what we send, and in a SYN not yet sent also what we ask for. */
    void limitSegment(int bytes) {
        maxSegment = bytes == 0 ? config.mss() : Math.clamp(bytes, MIN_MSS, config.mss());
        if (connection.state() != TcpState.CLOSED) {
            connection.sender().setMss(sendMss());
        }
    }

    /** Both SYNs had a window scale. */
    boolean isScaled() {
        return scaled;
    }

    int maxSegment() {
        return maxSegment;
    }

    int peerMss() {
        return peerMss;
    }

    private int sendMss() {
        int options = connection.emitter().timestamps ? TIMESTAMP_BYTES : 0;
        return Math.max(Math.min(peerMss, maxSegment) - options, MIN_MSS);
    }

    private void sendSyn(long nowNs) {
        Emitter emitter = connection.emitter();
        if (connection.state() == TcpState.SYN_RECEIVED) {
            emitter.synAck(emitter.ecn.acceptingFlags(), maxSegment, scaled, nowNs);
        } else {
            boolean needsEcn = connection.congestion().wantsEachMark();
            emitter.syn(emitter.ecn.openingFlags(needsEcn, retransmissions > 0), maxSegment, nowNs);
        }
        onSynSent(nowNs);
    }

    private void onSynSent(long nowNs) {
        connection.sender().sndNxt = 0;
        connection.sender().sndMax = 0;
        timers.retransmitAt = connection.withinUserTimeout(nowNs + rtt.rtoNs(), startedNs);
    }

    private void takeSyn(TcpSegment syn, long nowNs) {
        peerMss = syn.mss == 0 ? DEFAULT_MSS : syn.mss;
        scaled = syn.windowScale != TcpSegment.NO_WINDOW_SCALE;
        connection.emitter().sack = config.sack() && syn.sackPermitted;
        boolean timestamps = config.timestamps() && syn.hasTimestamps;
        connection.emitter().timestamps = timestamps;
        connection.emitter().ecn.onSyn(syn);
        connection.paws().onSyn(syn, nowNs);
        connection.acks().setPeerWindowScale(scaled ? Math.min(syn.windowScale, 14) : 0);
        connection.receiver().onSyn(syn.seq);
        connection.receiver().onOptions(scaled, timestamps ? TIMESTAMP_BYTES : 0, connection.emitter().sack);
        connection.sender().setMss(sendMss());
    }

    /** SYN_SENT: RFC 9293 section 3.10.7.3. */
    TcpVerdict inSynSent(TcpSegment segment, long nowNs) {
        boolean hasAck = segment.has(TcpFlags.ACK);
        if (hasAck && !acknowledgesSyn(segment)) {
            connection.emitter().resetFor(segment);
            return TcpVerdict.BAD_ACK;
        }
        if (segment.has(TcpFlags.RST)) {
            if (!hasAck) {
                return TcpVerdict.BAD_RESET;
            }
            connection.fail(TcpErrno.ECONNREFUSED);
            return TcpVerdict.ACCEPTED;
        }
        if (!segment.has(TcpFlags.SYN)) {
            return TcpVerdict.NOT_A_SYN;
        }
        takeSyn(segment, nowNs);
        if (hasAck) {
            if (deferral.isOn()) {
                connection.receiver().delayAck(nowNs + Deferral.ACK_DELAY_NS);
            } else {
                connection.receiver().requireAck();
            }
            complete(segment, nowNs);
            connection.flush(nowNs);
        } else {
            connection.enter(TcpState.SYN_RECEIVED);
            sendSyn(nowNs);
        }
        return TcpVerdict.ACCEPTED;
    }

    /** SYN_RECEIVED: the peer's SYN again; in a simultaneous open it may acknowledge ours. */
    void onRepeatedSyn(TcpSegment segment, long nowNs) {
        if (segment.has(TcpFlags.ACK) && acknowledgesSyn(segment)) {
            connection.receiver().requireAck();
            complete(segment, nowNs);
            connection.flush(nowNs);
        } else {
            sendSyn(nowNs);
        }
    }

    boolean acknowledgesSyn(TcpSegment segment) {
        return connection.sender().position(segment.ack) == 0;
    }

    /** SYN_RECEIVED: whether an acknowledgement of our SYN does not make the connection yet. */
    boolean defers(TcpSegment segment, long nowNs) {
        boolean defers = passive && !recalled && deferral.applies(segment, timeouts);
        if (defers) {
            deferral.onAcknowledged(nowNs - startedNs, retransmissions == 0);
        }
        return defers;
    }

    /** Both SYNs are acknowledged. */
    void complete(TcpSegment segment, long nowNs) {
        timers.retransmitAt = Timers.NEVER;
        boolean measured = deferral.roundTripNs() >= 0;
        boolean lost = retransmissions > 0 && !measured;
        long roundTripNs = measured ? deferral.roundTripNs() : nowNs - startedNs;
        connection.sender().onAcknowledged(0, nowNs);
        if (recalled) {
            // No measurement: the round trip began before anything was kept.
        } else if (!lost) {
            rtt.onSample(roundTripNs);
            rtt.onSentOnce(roundTripNs, nowNs);
        } else {
            rtt.onSynWasRetransmitted();
        }
        connection.acks().onHandshakeWindow(segment, connection.receiver().position(segment.seq));
        connection.onEstablished(lost, nowNs);
    }

    void onTimeout(long nowNs) {
        timers.retransmitAt = Timers.NEVER;
        int limit = passive ? config.synAckRetries() : config.synRetries();
        long userTimeoutNs = connection.userTimeoutNs();
        boolean over = timeouts >= limit && !deferral.waits(timeouts);
        if (userTimeoutNs > 0 ? nowNs - startedNs >= userTimeoutNs : over) {
            connection.timeOut(nowNs);
            return;
        }
        timeouts++;
        rtt.backOff();
        if (deferral.waits(timeouts)) {
            timers.retransmitAt = connection.withinUserTimeout(nowNs + rtt.rtoNs(), startedNs);
        } else {
            retransmissions++;
            sendSyn(nowNs);
        }
    }
}
