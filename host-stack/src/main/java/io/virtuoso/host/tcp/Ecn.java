package io.virtuoso.host.tcp;

/**
 * Explicit congestion notification of a connection, in both directions (RFC 3168): agreed on in the SYNs; what the
 * network marked is echoed by ECE until CWR tells that the sender has reacted, or mark by mark if congestion control
 * wants that (RFC 8257 section 3.2). Marks count on any segment with data, whatever it was sent as (RFC 8311 section
 * 4.3). Or both sides count, and tell their counts ({@link AccurateEcn}).
 */
final class Ecn {
    private static final int SETUP = TcpFlags.ECE | TcpFlags.CWR;
    /** Codepoints of the IP header. */
    static final int ECT_0 = 2;

    static final int CE = 3;
    /** ACE of a SYN that asks for ECN as of RFC 3168. */
    private static final int CLASSIC_SETUP = 3;
    /** ACE of an answer that only gives back what it got. */
    private static final int REFLECTED = 7;

    private final EcnMode mode;
    private boolean offered;
    private boolean offeredAccurate;
    private boolean active;
    /** Null unless agreed on: then this, not ECE and CWR, tells of marks. */
    private AccurateEcn accurate;
    /** Codepoint of the peer's SYN. */
    private int synCodepoint;

    /** Whether acknowledgements carry ECE. */
    private boolean echo;

    /** Echoes of data before this position have been answered. */
    private long reducedUntil;
    /** Marks of data before this position have been answered, not losses. */
    private long marksAnsweredUntil;

    /** Whether the next new data carries CWR. */
    private boolean cwrDue;

    Ecn(EcnMode mode) {
        this.mode = mode;
    }

    /** Whether both sides agreed on it. */
    boolean isActive() {
        return active;
    }

    // ---- handshake ---------------------------------------------------------------------------------------------

    /**
     * What a SYN that opens carries. One sent again asks for nothing: the first may have been lost for asking.
     *
     * @param needed whether congestion control works by it, so that it is asked for unless it is off
     */
    int openingFlags(boolean needed, boolean again) {
        boolean offers = !again && (mode.asks() || needed && mode == EcnMode.PASSIVE);
        offered |= offers;
        offeredAccurate |= offers && mode == EcnMode.ACCURATE;
        return !offers ? 0 : mode == EcnMode.ACCURATE ? AccurateEcn.FLAGS : SETUP;
    }

    /** What a SYN,ACK carries. */
    int acceptingFlags() {
        return accurate != null ? AccurateEcn.codepointFlags(synCodepoint) : active ? TcpFlags.ECE : 0;
    }

    /** The peer's SYN, or SYN,ACK, says what it wants. */
    void onSyn(TcpSegment syn) {
        int ace = AccurateEcn.ace(syn);
        synCodepoint = syn.ecn;
        if (syn.has(TcpFlags.ACK) && offeredAccurate) {
            // RFC 9768 section 3.1.2; what is reserved agrees, too (section 3.1.3).
            active = ace != 0 && ace != REFLECTED;
            accurate = active && ace != 1 ? new AccurateEcn() : null;
            if (accurate != null) {
                accurate.onSynAck(syn);
            }
        } else if (syn.has(TcpFlags.ACK)) {
            active = offered && (syn.flags & SETUP) == TcpFlags.ECE;
        } else if (mode == EcnMode.ACCURATE) {
            active = ace != 0;
            accurate = active && ace != CLASSIC_SETUP ? new AccurateEcn() : null;
        } else {
            active = mode != EcnMode.OFF && (syn.flags & SETUP) == SETUP;
        }
    }

    /** A SYN,ACK of ours is acknowledged. */
    void onHandshakeAck(TcpSegment ack) {
        if (accurate != null) {
            accurate.onHandshakeAck(ack);
        }
    }

    /** Whether feedback is as of RFC 9768. */
    boolean isAccurate() {
        return accurate != null;
    }

    /** Null unless {@link #isAccurate}. */
    AccurateEcn accurate() {
        return accurate;
    }

    /** Whether what is sent may be marked by the network. */
    boolean mayBeMarked() {
        return active && (accurate == null || accurate.isUsable());
    }

    // ---- receiving ---------------------------------------------------------------------------------------------

    /** Flags of whatever leaves with ACK. */
    int ackFlags() {
        return accurate != null ? accurate.takeFlags() : echo ? TcpFlags.ECE : 0;
    }

    /** An acceptable segment came. @return whether to acknowledge at once */
    boolean onReceived(TcpSegment segment, int segmentBytes) {
        return accurate != null && accurate.onReceived(segment, segmentBytes);
    }

    /**
     * Data arrived, acceptable and not taken yet.
     *
     * @return whether the echo changes, so that what was received before must be acknowledged first (RFC 8257)
     */
    boolean changesEcho(TcpSegment segment) {
        return active && accurate == null && echo != (segment.ecn == CE);
    }

    /** Takes the mark of data. @return whether to acknowledge at once: the first; mark by mark any change */
    boolean onData(TcpSegment segment, boolean markByMark) {
        if (!active || accurate != null) {
            return false;
        }
        boolean before = echo;
        boolean marked = segment.ecn == CE;
        boolean keeps = !markByMark && !segment.has(TcpFlags.CWR);
        echo = marked || keeps && echo;
        return markByMark ? echo != before : echo && !before;
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    /** New data was acknowledged. @return how many bytes of it arrived marked, as far as that can be told */
    long markedBytes(long acked, int mss, TcpSegment segment) {
        if (accurate != null) {
            return accurate.markedBytes(acked, mss, segment);
        }
        return active && segment.has(TcpFlags.ECE) ? acked : 0;
    }

    /** Whether an echo in an acknowledgement of everything before {@code position} calls for a reduction. */
    boolean isNews(long position) {
        return position > reducedUntil;
    }

    /** The window was reduced, for an echo or a loss: once for what is in flight. */
    void onReduced(long sndMax) {
        if (active) {
            reducedUntil = sndMax;
            cwrDue = accurate == null;
        }
    }

    /** The window was reduced for an echo: a loss in the same window need not reduce it once more. */
    void onMarkAnswered(long sndMax) {
        onReduced(sndMax);
        marksAnsweredUntil = sndMax;
    }

    /** Whether the window was reduced for an echo while what begins at {@code position} was in flight. */
    boolean isMarkAnswered(long position) {
        return position < marksAnsweredUntil;
    }

    /** Whether the next segment with new data, which must be one only, tells of the reduction. */
    boolean isCwrDue() {
        return cwrDue;
    }

    /** New data leaves. @return CWR, or nothing */
    int takeCwr() {
        boolean due = cwrDue;
        cwrDue = false;
        return due ? TcpFlags.CWR : 0;
    }
}
