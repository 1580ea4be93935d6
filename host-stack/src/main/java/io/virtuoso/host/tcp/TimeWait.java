package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * What a connection in TIME_WAIT still has to know (RFC 9293 section 3.10.7.4): enough to answer the peer if it repeats
 * its FIN, and to tell old segments from a SYN of the next connection (RFC 6191). Small, because a busy server has one for
 * each connection of the last minute. Time is an argument, as everywhere in TCP.
 */
public final class TimeWait {
    /** As for other segments that may be forged (RFC 5961 section 5). */
    private static final int ANSWERS_PER_SECOND = 10;

    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final int sndNxt;
    private final int rcvNxt;
    /** What was offered beyond {@link #rcvNxt}, in bytes. */
    private final int rcvWnd;
    /** The same as it goes into a header. */
    private final int window;
    /** ACK, and what tells of marks, as when the peer's FIN was acknowledged. */
    private final int flags;
    /** How old an acknowledgement may be (RFC 5961 section 5.2). */
    private final int oldAcks;

    private final boolean timestamps;
    private final int timestampOffset;
    private int tsRecent;
    private final long lengthNs;
    private long untilNs;
    private long second = -1;
    private int answers;
    private boolean answerDue;

    /** Takes over from a connection that has just sent and received all. */
    TimeWait(Sender sender, Receiver receiver, Emitter emitter, long lengthNs) {
        sndNxt = sender.acceptableSequence();
        rcvNxt = receiver.ackNumber();
        window = receiver.offer();
        flags = TcpFlags.ACK | emitter.ecn.ackFlags();
        rcvWnd = receiver.windowLeft();
        oldAcks = (int) Math.min(sender.sndUna - sender.oldestAcceptableAck(), Integer.MAX_VALUE);
        timestamps = emitter.timestamps;
        timestampOffset = emitter.timestampOffset();
        tsRecent = emitter.tsRecent;
        this.lengthNs = lengthNs;
    }

    /** The peer's FIN arrived, perhaps once more: the wait begins anew. */
    void restart(long nowNs) {
        untilNs = nowNs + lengthNs;
    }

    /** @return when it is over, in nanoseconds of the caller's clock */
    public long untilNs() {
        return untilNs;
    }

    /**
     * A segment with the names of the connection arrived. If {@link #isAnswerDue} is true after it, {@link #answer} is to
     * be sent.
     *
     * @return {@link TcpVerdict#TIME_WAIT_REUSED} if the next connection begins: this one is to be forgotten, and the
     *     segment to be offered to the listener
     */
    public TcpVerdict onSegment(TcpSegment segment, long nowNs) {
        answerDue = false;
        int start = segment.seq - rcvNxt;
        boolean opens = (segment.flags & (TcpFlags.SYN | TcpFlags.ACK | TcpFlags.RST | TcpFlags.FIN)) == TcpFlags.SYN;
        if (opens && isYounger(segment, start > 0)) {
            return TcpVerdict.TIME_WAIT_REUSED;
        }
        if (segment.has(TcpFlags.FIN) && start + segment.payloadLength + 1 == 0) {
            restart(nowNs);
        }
        if (segment.has(TcpFlags.RST)) {
            return TcpVerdict.BAD_RESET; // RFC 1337 section 3, fix F1
        }
        return check(segment, start, nowNs);
    }

    private TcpVerdict check(TcpSegment segment, int start, long nowNs) {
        if (timestamps && !segment.hasTimestamps && !segment.has(TcpFlags.SYN)) {
            return TcpVerdict.MISSING_TIMESTAMP;
        }
        if (timestamps && segment.hasTimestamps && Seq.lessThan(segment.tsVal, tsRecent)) {
            answer(segment, nowNs);
            return TcpVerdict.OLD_TIMESTAMP;
        }
        if (!isAcceptable(segment, start)) {
            if (segment.payloadLength > 0 && start >= -rcvWnd) {
                takeTimestamp(segment, start); // the echo must be that of the retransmission
            }
            answer(segment, nowNs);
            return TcpVerdict.OUT_OF_WINDOW;
        }
        if (segment.has(TcpFlags.SYN)) {
            answer(segment, nowNs);
            return TcpVerdict.UNEXPECTED_SYN;
        }
        if (!segment.has(TcpFlags.ACK)) {
            return TcpVerdict.MISSING_ACK;
        }
        takeTimestamp(segment, start);
        int acked = segment.ack - sndNxt;
        if (acked > 0 || acked < -oldAcks) {
            answer(segment, nowNs);
            return TcpVerdict.BAD_ACK;
        }
        return TcpVerdict.ACCEPTED;
    }

    /** RFC 6191 section 2: by its timestamp, and without timestamps or with the same by its sequence number. */
    private boolean isYounger(TcpSegment syn, boolean sequenceIsHigher) {
        return timestamps && syn.hasTimestamps && syn.tsVal != tsRecent
                ? Seq.greaterThan(syn.tsVal, tsRecent)
                : sequenceIsHigher;
    }

    private boolean isAcceptable(TcpSegment segment, int start) {
        int length = segment.sequenceLength();
        if (length == 0) {
            return start >= 0 && start <= rcvWnd;
        }
        return start + length > 0 && (start < rcvWnd || start == 0);
    }

    private void takeTimestamp(TcpSegment segment, int start) {
        if (timestamps && segment.hasTimestamps && start <= 0) {
            tsRecent = segment.tsVal;
        }
    }

    /** Retransmitted data is answered always: an acknowledgement was lost. */
    private void answer(TcpSegment segment, long nowNs) {
        if (segment.payloadLength > 0 && !segment.has(TcpFlags.SYN)) {
            answerDue = true;
            return;
        }
        if (nowNs / SECOND_NS != second) {
            second = nowNs / SECOND_NS;
            answers = 0;
        }
        answerDue = answers < ANSWERS_PER_SECOND;
        answers += answerDue ? 1 : 0;
    }

    /** @return whether the segment that arrived last is to be answered */
    public boolean isAnswerDue() {
        return answerDue;
    }

    /** Fills {@code reply} with the acknowledgement of everything. */
    public void answer(OutgoingSegment reply, long nowNs) {
        reply.clear();
        reply.seq = sndNxt;
        reply.ack = rcvNxt;
        reply.flags = flags;
        reply.window = window;
        if (timestamps) {
            reply.hasTimestamps = true;
            reply.tsVal = Emitter.ticks(nowNs) + timestampOffset;
            reply.tsEcr = tsRecent;
        }
    }
}
