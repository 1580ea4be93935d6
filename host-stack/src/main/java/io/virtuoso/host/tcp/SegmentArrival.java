package io.virtuoso.host.tcp;

/** SEGMENT ARRIVES (RFC 9293 section 3.10.7) for a connection: the checks in the RFC's order, one method each. */
final class SegmentArrival {
    private final TcpConnection connection;
    private final Handshake handshake;
    private final Sender sender;
    private final Receiver receiver;
    private final Emitter emitter;
    private final Keepalive keepalive;
    private final Closing closing;

    SegmentArrival(TcpConnection connection, Handshake handshake, Keepalive keepalive, Closing closing) {
        this.connection = connection;
        this.handshake = handshake;
        this.keepalive = keepalive;
        this.closing = closing;
        sender = connection.sender();
        receiver = connection.receiver();
        emitter = connection.emitter();
    }

    TcpVerdict process(TcpSegment segment, long nowNs) {
        return switch (connection.state()) {
            case CLOSED -> TcpVerdict.RESET_NEEDED;
            case SYN_SENT -> handshake.inSynSent(segment, nowNs);
            case SYN_RECEIVED -> inSynReceived(segment, nowNs);
            case TIME_WAIT -> inTimeWait(segment, nowNs);
            case ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK ->
                process(segment, receiver.position(segment.seq), nowNs);
        };
    }

    private TcpVerdict inSynReceived(TcpSegment segment, long nowNs) {
        long position = receiver.position(segment.seq);
        if (position == -1 && segment.has(TcpFlags.SYN) && !segment.has(TcpFlags.RST)) {
            handshake.onRepeatedSyn(segment, nowNs);
            return TcpVerdict.ACCEPTED;
        }
        return process(segment, position, nowNs);
    }

    private TcpVerdict inTimeWait(TcpSegment segment, long nowNs) {
        TcpVerdict verdict = closing.timeWait().onSegment(segment, nowNs);
        if (verdict == TcpVerdict.TIME_WAIT_REUSED) {
            connection.finish();
            return verdict;
        }
        closing.awaitTimeWait();
        if (closing.timeWait().isAnswerDue()) {
            emitter.answer(closing.timeWait(), nowNs);
        }
        return verdict;
    }

    private TcpVerdict process(TcpSegment segment, long position, long nowNs) {
        TcpVerdict verdict = checkTimestamps(segment, nowNs);
        if (verdict == TcpVerdict.ACCEPTED) {
            verdict = checkSequence(segment, position, nowNs);
        }
        if (verdict != TcpVerdict.ACCEPTED) {
            return verdict;
        }
        if (segment.has(TcpFlags.RST)) {
            return onReset(position, nowNs);
        }
        if (segment.has(TcpFlags.SYN)) {
            emitter.challengeAck(nowNs);
            return TcpVerdict.UNEXPECTED_SYN;
        }
        if (!segment.has(TcpFlags.ACK)) {
            return TcpVerdict.MISSING_ACK;
        }
        connection.paws().onAcceptable(segment, position, receiver.lastAckSent(), nowNs);
        if (emitter.ecn.onReceived(segment, receiver.fullSegment())) {
            receiver.requireAck();
        }
        verdict = onAck(segment, position, nowNs);
        if (verdict == TcpVerdict.ACCEPTED && connection.state() != TcpState.CLOSED) {
            verdict = onText(segment, nowNs);
            connection.flush(nowNs);
        }
        return verdict;
    }

    /** PAWS comes before everything else but does not apply to RST (RFC 7323 section 5.3, R1). */
    private TcpVerdict checkTimestamps(TcpSegment segment, long nowNs) {
        if (!emitter.timestamps || segment.has(TcpFlags.RST)) {
            return TcpVerdict.ACCEPTED;
        }
        if (!segment.hasTimestamps) {
            return segment.has(TcpFlags.SYN) ? TcpVerdict.ACCEPTED : TcpVerdict.MISSING_TIMESTAMP;
        }
        if (connection.paws().isOld(segment, nowNs)) {
            if (segment.payloadLength > 0) {
                // Reordered, most likely. Not counted as a challenge: those left must answer window probes.
                emitter.ack(nowNs);
            } else {
                emitter.challengeAck(nowNs);
            }
            return TcpVerdict.OLD_TIMESTAMP;
        }
        return TcpVerdict.ACCEPTED;
    }

    /** First check: is anything of it in the window? If not, the peer must learn where we are. */
    private TcpVerdict checkSequence(TcpSegment segment, long position, long nowNs) {
        if (receiver.isAcceptable(segment)) {
            return TcpVerdict.ACCEPTED;
        }
        if (segment.has(TcpFlags.RST)) {
            return isNumberedLikeTheFin(position) ? TcpVerdict.ACCEPTED : TcpVerdict.BAD_RESET;
        }
        if (segment.payloadLength > 0 && !segment.has(TcpFlags.SYN)) {
            // A retransmission whose acknowledgement was lost, or data beyond a window that closed. The echo must be
            // that of the retransmission, else the peer takes its timeout for a round trip.
            if (receiver.isRecentlyReceived(position)) {
                connection.paws().onAcceptable(segment, position, receiver.lastAckSent(), nowNs);
                receiver.noteDuplicate(segment);
            }
            emitter.ack(nowNs);
        } else {
            emitter.challengeAck(nowNs);
        }
        if (receiver.isRecentlyReceived(position) && !segment.has(TcpFlags.SYN)) {
            takeOldAck(segment, position, nowNs);
        }
        return TcpVerdict.OUT_OF_WINDOW;
    }

    /**
     * News in the ACK of an old segment is true all the same. Not to hear it could end the connection: when both sides
     * have sent beyond what they know of the other's window, both place their ACKs before what the other has.
     */
    private void takeOldAck(TcpSegment segment, long position, long nowNs) {
        long acked = sender.position(segment.ack);
        boolean news = segment.has(TcpFlags.ACK) && acked > sender.sndUna && acked <= sender.sndMax;
        if (news && connection.state().isSynchronized()) {
            onAck(segment, position, nowNs);
            connection.flush(nowNs);
        }
    }

    private boolean isNumberedLikeTheFin(long position) {
        return receiver.isFinReached() && position == receiver.rcvNxt() - 1;
    }

    private boolean isBehindLastBlock(long position) {
        return emitter.sack && position == receiver.highestReceived();
    }

    /**
     * Second check: only an RST exactly at RCV.NXT counts (RFC 5961 section 3.2), and, as with Linux, two others: one with the
     * number of the FIN before it, as some peers send it, and one behind the last byte that was received, as who resets after
     * a loss has sent no more.
     */
    private TcpVerdict onReset(long position, long nowNs) {
        if (position != receiver.rcvNxt() && !isNumberedLikeTheFin(position) && !isBehindLastBlock(position)) {
            emitter.challengeAck(nowNs);
            return TcpVerdict.BAD_RESET;
        }
        switch (connection.state()) {
            case SYN_RECEIVED -> connection.fail(TcpErrno.ECONNREFUSED);
            case CLOSING, LAST_ACK -> connection.finish();
            case CLOSE_WAIT -> connection.fail(TcpErrno.EPIPE); // the peer's stream was complete
            default -> connection.fail(TcpErrno.ECONNRESET);
        }
        return TcpVerdict.ACCEPTED;
    }

    /** Fifth check, with the changes of state that the acknowledgement of our SYN or FIN brings. */
    private TcpVerdict onAck(TcpSegment segment, long position, long nowNs) {
        if (connection.state() == TcpState.SYN_RECEIVED) {
            if (!handshake.acknowledgesSyn(segment)) {
                emitter.resetFor(segment);
                return TcpVerdict.BAD_ACK;
            }
            if (handshake.defers(segment, nowNs)) {
                return TcpVerdict.DEFERRED;
            }
            keepalive.onReceived(nowNs);
            emitter.ecn.onHandshakeAck(segment);
            handshake.complete(segment, nowNs);
            return TcpVerdict.ACCEPTED;
        }
        if (!connection.acks().onAck(segment, position, nowNs)) {
            emitter.challengeAck(nowNs);
            return TcpVerdict.BAD_ACK;
        }
        keepalive.onReceived(nowNs);
        if (sender.isFinAcked()) {
            switch (connection.state()) {
                case FIN_WAIT_1 -> closing.enterFinWait2(nowNs);
                case CLOSING -> closing.enterTimeWait(nowNs);
                case LAST_ACK -> connection.finish();
                default -> {}
            }
        }
        return TcpVerdict.ACCEPTED;
    }

    private void onMark(TcpSegment segment, long nowNs) {
        boolean markByMark = connection.congestion().wantsEachMark();
        if (markByMark && receiver.isAckDelayed() && emitter.ecn.changesEcho(segment)) {
            emitter.ack(nowNs);
        }
        if (emitter.ecn.onData(segment, markByMark)) {
            receiver.requireAck();
        }
    }

    /** Seventh and eighth check: data and FIN. */
    private TcpVerdict onText(TcpSegment segment, long nowNs) {
        if (!connection.state().receives() || segment.payloadLength == 0 && !segment.has(TcpFlags.FIN)) {
            return TcpVerdict.ACCEPTED;
        }
        if (closing.refusesData() && receiver.isNewData(segment)) {
            closing.refuseData(nowNs);
            return TcpVerdict.ACCEPTED;
        }
        if (segment.payloadLength > 0) {
            onMark(segment, nowNs);
            if (emitter.timestamps && segment.hasTimestamps) {
                receiver.onEcho(segment, emitter.elapsedSince(segment.tsEcr, nowNs));
            }
        }
        TcpVerdict verdict = receiver.onText(segment, nowNs);
        if (receiver.isFinReached()) {
            switch (connection.state()) {
                case ESTABLISHED -> connection.enter(TcpState.CLOSE_WAIT);
                case FIN_WAIT_1 -> connection.enter(TcpState.CLOSING);
                case FIN_WAIT_2 -> closing.enterTimeWait(nowNs);
                default -> {}
            }
            closing.onPeerFin();
        }
        return verdict;
    }
}
