package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/** Fills the segments that a connection sends, and keeps the timestamp clock (RFC 7323). */
final class Emitter {
    /** The timestamp clock ticks once a millisecond. */
    static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(1);
    /** RFC 5961 section 5: challenge ACKs are limited, here per connection. */
    private static final int CHALLENGE_ACKS_PER_SECOND = 10;

    private static final int MAX_OPTION_BYTES = 40;
    private static final int TIMESTAMP_BYTES = 12;
    /** MSS, SACK permitted, timestamps, window scale. */
    private static final int SYN_OPTION_BYTES = 24;

    private final TcpConnection connection;
    private final TcpOutput output;

    /** Whether both sides agreed on timestamps. */
    boolean timestamps;

    /** Whether both sides agreed on selective acknowledgements. */
    boolean sack;

    final Ecn ecn;

    private int timestampOffset;
    /** TS.Recent: the timestamp to echo. */
    int tsRecent;

    private long challengeSecond = -1;
    private int challengeAcks;
    private long segmentsSent;

    Emitter(TcpConnection connection, TcpOutput output) {
        this.connection = connection;
        this.output = output;
        ecn = new Ecn(connection.config().ecn());
    }

    void setTimestampOffset(int offset) {
        timestampOffset = offset;
    }

    int timestampOffset() {
        return timestampOffset;
    }

    /** The timestamp clock before a connection's offset is added. */
    static int ticks(long nowNs) {
        return (int) (nowNs / TICK_NS);
    }

    private int clock(long nowNs) {
        return ticks(nowNs) + timestampOffset;
    }

    /** Time since the segment was sent whose timestamp is {@code echo}; -1 if that makes no sense. */
    long elapsedSince(int echo, long nowNs) {
        int ticks = clock(nowNs) - echo;
        return ticks < 0 || ticks > TimeUnit.MINUTES.toMillis(10) ? -1 : Math.max(ticks, 1) * TICK_NS;
    }

    /** Whether a segment echoes a timestamp from before {@code sentNs}. */
    boolean isEchoOlder(TcpSegment segment, long sentNs) {
        return timestamps && segment.hasTimestamps && Seq.lessThan(segment.tsEcr, clock(sentNs));
    }

    long segmentsSent() {
        return segmentsSent;
    }

    /**
     * Payload, FIN, or both. New data may be marked by the network (RFC 3168 section 6.1.5), unless congestion control
     * would not know what to make of that; with RFC 8257 all may, lest queues that mark early drop it.
     */
    void data(long position, int length, int flags, boolean again, long nowNs) {
        OutgoingSegment segment = begin(connection.sender().sequence(position), flags | TcpFlags.ACK, nowNs);
        segment.payloadPosition = position;
        segment.payloadLength = length;
        if (length > 0) {
            connection.receiver().onDataSent();
        }
        if (ecn.isActive() && length > 0 && !again) {
            segment.ecn = ecn.mayBeMarked() && !connection.congestion().wantsSamples() ? Ecn.ECT_0 : 0;
            segment.flags |= ecn.takeCwr();
        }
        if (ecn.isAccurate()) {
            ecn.accurate().forgetHandshake();
        }
        send(segment);
    }

    /** An acknowledgement without data, so that there is room for SACK blocks. */
    void ack(long nowNs) {
        OutgoingSegment segment = begin(connection.sender().acceptableSequence(), TcpFlags.ACK, nowNs);
        if (sack && connection.receiver().hasReport()) {
            connection.receiver().report(segment, timestamps ? 3 : TcpSegment.MAX_SACK_BLOCKS);
        }
        if (ecn.isAccurate()) {
            tellAccurately(segment);
        }
        send(segment);
    }

    private void tellAccurately(OutgoingSegment segment) {
        AccurateEcn accurate = ecn.accurate();
        if (segment.sackCount == 0) {
            segment.flags =
                    segment.flags & ~AccurateEcn.FLAGS | accurate.takeAckFlags(segment.flags & AccurateEcn.FLAGS);
        }
        int used = (timestamps ? TIMESTAMP_BYTES : 0) + (segment.sackCount > 0 ? 4 + 8 * segment.sackCount : 0);
        accurate.addOption(segment, MAX_OPTION_BYTES - used);
    }

    /** An answer to a segment that is not acceptable, which may be forged: not sent without limit. */
    void challengeAck(long nowNs) {
        long second = nowNs / TimeUnit.SECONDS.toNanos(1);
        if (second != challengeSecond) {
            challengeSecond = second;
            challengeAcks = 0;
        }
        if (challengeAcks < CHALLENGE_ACKS_PER_SECOND) {
            challengeAcks++;
            ack(nowNs);
        }
    }

    /** What remains of the connection answers a segment. */
    void answer(TimeWait rest, long nowNs) {
        OutgoingSegment segment = output.claim();
        rest.answer(segment, nowNs);
        segment.segmentSize = connection.sender().mss;
        send(segment);
    }

    /** A segment before the window, which makes the peer acknowledge: a window or keep-alive probe. */
    void probe(long nowNs) {
        send(begin(connection.sender().sequence(connection.sender().sndUna - 1), TcpFlags.ACK, nowNs));
    }

    /**
     * The SYN of who opens: it offers all that the configuration permits.
     *
     * @param mss largest segment that we take, in bytes
     */
    void syn(int ecnFlags, int mss, long nowNs) {
        OutgoingSegment segment = beginSyn(ecnFlags, mss);
        segment.windowScale = connection.config().receiveWindowScale();
        segment.sackPermitted = connection.config().sack();
        stamp(segment, connection.config().timestamps(), nowNs);
        send(segment);
    }

    /**
     * SYN and ACK, once the peer's SYN is known: it has the options that both sides offer.
     *
     * @param mss    largest segment that we take, in bytes
     * @param scaled the peer's SYN had a window scale
     */
    void synAck(int ecnFlags, int mss, boolean scaled, long nowNs) {
        OutgoingSegment segment = beginSyn(ecnFlags, mss);
        segment.windowScale = scaled ? connection.config().receiveWindowScale() : TcpSegment.NO_WINDOW_SCALE;
        segment.sackPermitted = sack;
        stamp(segment, timestamps, nowNs);
        segment.flags |= TcpFlags.ACK;
        segment.ack = connection.receiver().ackNumber();
        segment.tsEcr = timestamps ? tsRecent : 0;
        connection.receiver().onAckSent();
        if (ecn.isAccurate() && segmentsSent == 0) {
            ecn.accurate().addOption(segment, MAX_OPTION_BYTES - SYN_OPTION_BYTES);
        }
        send(segment);
    }

    private OutgoingSegment beginSyn(int ecnFlags, int mss) {
        OutgoingSegment segment = output.claim();
        segment.clear();
        segment.seq = connection.sender().sequence(-1);
        segment.flags = TcpFlags.SYN | ecnFlags;
        boolean accurate = ecn.isAccurate() || (ecnFlags & TcpFlags.AE) != 0;
        segment.ecn = ecnFlags != 0 && !accurate && connection.congestion().wantsEachMark() ? Ecn.ECT_0 : 0;
        segment.window = connection.receiver().offerInSyn();
        segment.mss = mss;
        return segment;
    }

    private void stamp(OutgoingSegment segment, boolean stamped, long nowNs) {
        segment.hasTimestamps = stamped;
        segment.tsVal = stamped ? clock(nowNs) : 0;
    }

    void reset(long nowNs) {
        OutgoingSegment segment = begin(connection.sender().acceptableSequence(), TcpFlags.RST | TcpFlags.ACK, nowNs);
        segment.flags &= ~AccurateEcn.FLAGS;
        send(segment);
    }

    /** The RST for a segment whose ACK shows that it belongs to another connection. */
    void resetFor(TcpSegment received) {
        OutgoingSegment segment = output.claim();
        if (TcpResets.reply(received, segment)) {
            send(segment);
        }
    }

    private OutgoingSegment begin(int seq, int flags, long nowNs) {
        Receiver receiver = connection.receiver();
        OutgoingSegment segment = output.claim();
        segment.clear();
        segment.seq = seq;
        segment.flags = flags | ecn.ackFlags();
        segment.ecn = ecn.mayBeMarked() && connection.congestion().wantsEachMark() ? Ecn.ECT_0 : 0;
        segment.ack = receiver.ackNumber();
        segment.window = receiver.offer();
        segment.segmentSize = connection.sender().mss;
        if (timestamps) {
            segment.hasTimestamps = true;
            segment.tsVal = clock(nowNs);
            segment.tsEcr = tsRecent;
        }
        receiver.onAckSent();
        return segment;
    }

    private void send(OutgoingSegment segment) {
        segmentsSent++;
        output.send(connection, segment);
    }
}
