package io.virtuoso.host.tcp;

/**
 * Explicit congestion notification of a connection, in both directions (RFC 3168): agreed on in the SYNs; what the
 * network marked is echoed by ECE until CWR tells that the sender has reacted, or mark by mark if congestion control
 * wants that (RFC 8257 section 3.2). Marks count on any segment with data, whatever it was sent as (RFC 8311 section
 * 4.3).
 */
final class Ecn {
    private static final int SETUP = TcpFlags.ECE | TcpFlags.CWR;
    /** Codepoints of the IP header. */
    static final int ECT_0 = 2;

    static final int CE = 3;

    private final EcnMode mode;
    private boolean offered;
    private boolean active;

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
        boolean offers = !again && (mode == EcnMode.ON || needed && mode == EcnMode.PASSIVE);
        offered |= offers;
        return offers ? SETUP : 0;
    }

    /** What a SYN,ACK carries. */
    int acceptingFlags() {
        return active ? TcpFlags.ECE : 0;
    }

    /** The peer's SYN, or SYN,ACK, says what it wants. */
    void onSyn(TcpSegment syn) {
        int asked = syn.flags & SETUP;
        active = syn.has(TcpFlags.ACK) ? offered && asked == TcpFlags.ECE : mode != EcnMode.OFF && asked == SETUP;
    }

    // ---- receiving ---------------------------------------------------------------------------------------------

    /** Flags of whatever leaves with ACK. */
    int ackFlags() {
        return echo ? TcpFlags.ECE : 0;
    }

    /**
     * Data arrived, acceptable and not taken yet.
     *
     * @return whether the echo changes, so that what was received before must be acknowledged first (RFC 8257)
     */
    boolean changesEcho(TcpSegment segment) {
        return active && echo != (segment.ecn == CE);
    }

    /** Takes the mark of data. @return whether to acknowledge at once: the first; mark by mark any change */
    boolean onData(TcpSegment segment, boolean markByMark) {
        if (!active) {
            return false;
        }
        boolean before = echo;
        boolean marked = segment.ecn == CE;
        boolean keeps = !markByMark && !segment.has(TcpFlags.CWR);
        echo = marked || keeps && echo;
        return markByMark ? echo != before : echo && !before;
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    boolean isEchoed(TcpSegment segment) {
        return active && segment.has(TcpFlags.ECE);
    }

    /** Whether an echo in an acknowledgement of everything before {@code position} calls for a reduction. */
    boolean isNews(long position) {
        return position > reducedUntil;
    }

    /** The window was reduced, for an echo or a loss: once for what is in flight. */
    void onReduced(long sndMax) {
        if (active) {
            reducedUntil = sndMax;
            cwrDue = true;
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
