package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * SYN cookies (RFC 4987 section 3.6): a SYN for which there is no room is answered, and nothing about it is kept. What
 * must be known later is in numbers that the peer's ACK brings back. The initial sequence number carries the MSS and
 * the time and is hashed under a secret key, so that only who got it can acknowledge it. A part of it does not depend on the
 * peer's: by that, what follows a lost or dropped ACK is known as such and not answered by RST. The timestamp, where the peer
 * has timestamps, carries in its lowest bits the window scale and whether there are selective acknowledgements and ECN;
 * without timestamps there are none of these. Allocates nothing.
 */
public final class SynCookies {
    /** The segment at hand, and the way of the answer. */
    public interface Exchange {
        /** Local and remote address. */
        long addresses();

        /** Local and remote port, and the virtual network. */
        long ports();

        /** {@link InitialSequence#timestampOffset} of these end points. */
        int timestampOffset();

        /** What the listener asks for by TCP_MAXSEG; 0: it does not. */
        int maxSegment();

        /** Whether the listener's congestion control lets whatever is sent be marked (RFC 8257). */
        boolean marksAll();

        OutgoingSegment claim();

        void reply(OutgoingSegment segment);
    }

    /** A cookie holds for one to two of these. */
    static final long EPOCH_NS = TimeUnit.SECONDS.toNanos(64);
    /** The largest that is not larger than what the peer asks for is used; the least is the least anyway. */
    private static final int[] SEGMENTS = {Handshake.MIN_MSS, 256, 536, 1220, 1360, 1440, 1460, 8960};

    private static final int SEGMENT_BITS = 3;
    private static final int EPOCH_MASK = 31;
    private static final int HASH_MASK = 0xfff;
    private static final int HASH_BITS = 12;
    private static final int MARK_BITS = 12;
    private static final int MARK_MASK = 0xfff;
    /** No epoch and segment size: hides those that a cookie carries. */
    private static final int COVER = -1;
    /** With an epoch, no segment size: what the mark of that epoch is made of. */
    private static final int MARK = Integer.MIN_VALUE;

    /** In the timestamp's lowest bits: the shift count, 15 for none, and two flags. */
    private static final int OPTION_BITS = 6;

    private static final int OPTION_MASK = (1 << OPTION_BITS) - 1;
    private static final int NOT_SCALED = 15;
    private static final int SACK = 1 << 4;
    private static final int ECN = 1 << 5;
    private static final int ECN_SETUP = TcpFlags.ECE | TcpFlags.CWR;

    private final TcpConfig config;
    private final Exchange exchange;
    private final long key0;
    private final long key1;
    private final TcpSegment recalled = new TcpSegment();
    private boolean used;
    private long lastNs;

    /** The key is a secret of this run of the host stack: 128 random bits. */
    public SynCookies(TcpConfig config, Exchange exchange, long key0, long key1) {
        this.config = config;
        this.exchange = exchange;
        this.key0 = key0;
        this.key1 = key1;
    }

    /** Whether an answer may still come to what was sent: only then an ACK for a listener is looked at. */
    public boolean isInUse(long nowNs) {
        return used && nowNs - lastNs < 2 * EPOCH_NS;
    }

    // ---- answering ---------------------------------------------------------------------------------------------

    /** Sends the SYN,ACK. */
    void answer(TcpSegment syn, long nowNs) {
        used = true;
        lastNs = nowNs;
        OutgoingSegment reply = exchange.claim();
        reply.clear();
        reply.seq = sequence(syn, nowNs);
        reply.ack = syn.seq + 1;
        reply.flags = TcpFlags.SYN | TcpFlags.ACK;
        reply.window = Math.min(config.initialReceiveBytes(), 65_535);
        reply.mss = exchange.maxSegment() == 0
                ? config.mss()
                : Math.clamp(exchange.maxSegment(), Handshake.MIN_MSS, config.mss());
        if (config.timestamps() && syn.hasTimestamps) {
            answerOptions(syn, reply, nowNs);
        }
        exchange.reply(reply);
    }

    private int sequence(TcpSegment syn, long nowNs) {
        int wanted = syn.mss == 0 ? Handshake.DEFAULT_MSS : syn.mss;
        int index = SEGMENTS.length - 1;
        while (index > 0 && SEGMENTS[index] > wanted) {
            index--;
        }
        return cookie(syn.seq, epoch(nowNs) << SEGMENT_BITS | index);
    }

    private void answerOptions(TcpSegment syn, OutgoingSegment reply, long nowNs) {
        boolean scaled = syn.windowScale != TcpSegment.NO_WINDOW_SCALE;
        boolean sack = config.sack() && syn.sackPermitted;
        boolean ecn = config.ecn() != EcnMode.OFF && (syn.flags & ECN_SETUP) == ECN_SETUP;
        int options = (scaled ? Math.min(syn.windowScale, 14) : NOT_SCALED) | (sack ? SACK : 0) | (ecn ? ECN : 0);
        reply.windowScale = scaled ? config.receiveWindowScale() : TcpSegment.NO_WINDOW_SCALE;
        reply.sackPermitted = sack;
        reply.flags |= ecn ? TcpFlags.ECE : 0;
        reply.ecn = ecn && exchange.marksAll() ? Ecn.ECT_0 : 0;
        reply.hasTimestamps = true;
        reply.tsVal = carrying(options, Emitter.ticks(nowNs) + exchange.timestampOffset());
        reply.tsEcr = syn.tsVal;
    }

    /** The latest timestamp up to this one with these lowest bits: later ones must not be less. */
    private static int carrying(int options, int timestamp) {
        return timestamp - (timestamp - options & OPTION_MASK);
    }

    // ---- recalling ---------------------------------------------------------------------------------------------

    /**
     * The SYN that a segment with ACK goes on from, as far as it matters, with the sequence number it must have had.
     *
     * @return null if the segment answers no cookie, or one too old; else valid until the next call
     */
    TcpSegment recall(TcpSegment segment, long nowNs) {
        int epochAndSize = isInUse(nowNs) ? open(segment.ack - 1, segment.seq - 1, nowNs) : COVER;
        if (epochAndSize == COVER) {
            return null;
        }
        recalled.clear();
        recalled.flags = TcpFlags.SYN;
        recalled.seq = segment.seq - 1;
        recalled.window = segment.window;
        recalled.mss = SEGMENTS[epochAndSize & (1 << SEGMENT_BITS) - 1];
        if (config.timestamps() && segment.hasTimestamps) {
            recalled.hasTimestamps = true;
            recalled.tsVal = segment.tsVal;
            recallOptions(segment.tsEcr & OPTION_MASK);
        }
        return recalled;
    }

    private void recallOptions(int options) {
        int scale = options & NOT_SCALED;
        recalled.windowScale = scale == NOT_SCALED ? TcpSegment.NO_WINDOW_SCALE : scale;
        recalled.sackPermitted = (options & SACK) != 0;
        recalled.flags |= (options & ECN) != 0 ? ECN_SETUP : 0;
    }

    /**
     * Whether a segment with ACK goes on with a connection whose first ACK, or data in its place, has not come or was
     * dropped: it acknowledges a cookie, though it does not have the sequence number that would tell which. The peer will send
     * it again, behind what is missing. Of segments that answer nothing one in 2048 passes for such a one, for two epochs.
     */
    boolean isAhead(TcpSegment segment, long nowNs) {
        int mark = segment.ack - 1 & MARK_MASK;
        return isInUse(nowNs) && (mark == mark(epoch(nowNs)) || mark == mark(epoch(nowNs) - 1));
    }

    // ---- the number --------------------------------------------------------------------------------------------

    private static int epoch(long nowNs) {
        return (int) (nowNs / EPOCH_NS);
    }

    /** Five bits of the epoch, the size, 12 bits of hash and 12 bits of another, which has nothing of the peer's number. */
    private int cookie(int peerSeq, int epochAndSize) {
        int carried = epochAndSize ^ hash(peerSeq, COVER);
        int hashed = carried << HASH_BITS | hash(peerSeq, epochAndSize) & HASH_MASK;
        return hashed << MARK_BITS | mark(epochAndSize >> SEGMENT_BITS);
    }

    private int mark(int epoch) {
        return hash(0, MARK | epoch) & MARK_MASK;
    }

    /** What a cookie carries, the whole epoch included; {@link #COVER} if it is none of ours or too old. */
    private int open(int cookie, int peerSeq, long nowNs) {
        int carried = cookie >>> HASH_BITS + MARK_BITS ^ hash(peerSeq, COVER);
        int age = epoch(nowNs) - (carried >>> SEGMENT_BITS) & EPOCH_MASK;
        int epochAndSize = epoch(nowNs) - age << SEGMENT_BITS | carried & (1 << SEGMENT_BITS) - 1;
        return age <= 1 && cookie == cookie(peerSeq, epochAndSize) ? epochAndSize : COVER;
    }

    private int hash(int peerSeq, int word) {
        return (int) InitialSequence.sipHash(
                key0, key1, exchange.addresses(), exchange.ports(), (long) peerSeq << 32 | word & 0xffff_ffffL);
    }
}
