package io.virtuoso.host.tcp;

import java.util.concurrent.TimeUnit;

/**
 * The send half: SND variables of RFC 9293 section 3.3.1, what to send when (Nagle, cork, silly window avoidance),
 * and window probes. What acknowledgements do to it is in {@link AckProcessor}, loss repair in {@link LossRecovery}.
 * Positions count our stream; see the package's description.
 */
final class Sender {
    private static final long NONE = Long.MAX_VALUE;
    private static final long CORK_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final TcpConnection connection;
    private final TcpConfig config;
    private final Timers timers;
    private final RttEstimator rtt;
    private final Pacer pacer;

    /** Sequence number of our SYN. */
    private int iss;
    /** Oldest position not acknowledged; -1 until our SYN is. */
    long sndUna = -1;
    /** Next position to send. Behind {@link #sndMax} while data is sent again after a timeout. */
    long sndNxt = -1;
    /** End of everything ever sent. */
    long sndMax = -1;
    /** SND.WND in bytes, scaled. */
    long sndWnd;
    /** The largest window the peer ever offered. */
    long maxSndWnd;

    private SendBuffer buffer;
    /** Position of our FIN once it is queued. */
    private long finPosition = NONE;
    /** Payload of a full segment. */
    int mss = 536;
    /** {@link #mss} times as many as one output may carry. */
    private int maxBurst = 536;
    /** End of the last segment sent that was not full (Minshall's variant of Nagle's algorithm). */
    private long smallEnd;

    boolean noDelay;
    private boolean corked;
    private boolean pushDespiteCork;
    /** There was less than a segment to send when data was sent last. */
    private boolean starved = true;

    /** End of the segment whose round trip is being timed; {@link #NONE}: none is. */
    private long timedEnd = NONE;

    private long timedSinceNs;
    private long lastSentNs;

    /** When the peer last acknowledged something new, or began to have something to acknowledge. */
    long progressNs;
    /** Window probes sent without an answer. */
    int probes;

    private int probeBackoff;
    long bytesSent;

    Sender(TcpConnection connection, Timers timers, RttEstimator rtt) {
        this.connection = connection;
        this.config = connection.config();
        this.timers = timers;
        this.rtt = rtt;
        pacer = new Pacer(connection, timers, rtt);
    }

    void open(int newIss) {
        iss = newIss;
    }

    void attach(SendBuffer newBuffer) {
        buffer = newBuffer;
    }

    void setMss(int newMss) {
        mss = newMss;
        maxBurst = Math.max(config.maxSegmentBytes() / newMss, 1) * newMss;
    }

    Pacer pacer() {
        return pacer;
    }

    SendBuffer buffer() {
        return buffer;
    }

    int sequence(long position) {
        return Seq.of(iss, position);
    }

    long position(int seq) {
        return Seq.position(iss, sndUna, seq);
    }

    /** The end of what the first SACK block reports as received twice (RFC 2883); -1: it does not. */
    long duplicateEnd(TcpSegment segment) {
        if (segment.sackCount == 0) {
            return -1;
        }
        long left = position(segment.sackEdges[0]);
        long right = position(segment.sackEdges[1]);
        boolean acknowledged = right <= sndUna;
        boolean contained = segment.sackCount > 1
                && left >= position(segment.sackEdges[2])
                && right <= position(segment.sackEdges[3]);
        return left >= 0 && left < right && (acknowledged || contained) ? right : -1;
    }

    /**
     * Sequence number of a segment without data that the peer finds acceptable. It must not lie before what the peer may
     * have: a scaled window is rounded down, so up to a unit more than it says was taken.
     */
    int acceptableSequence() {
        long edge = Math.max(sndUna, 0) + sndWnd;
        boolean isInside = sndMax - edge < 1L << connection.acks().peerWindowScale();
        return sequence(isInside ? sndMax : edge);
    }

    long flight() {
        return sndNxt - sndUna;
    }

    boolean hasOutstanding() {
        return sndUna < sndMax;
    }

    /** End of the data there is to send, without FIN. */
    long dataEnd() {
        if (finPosition != NONE) {
            return finPosition;
        }
        return buffer == null ? 0 : buffer.tail();
    }

    /** Bytes written but not yet sent for the first time. */
    long unsent() {
        return Math.max(0, dataEnd() - Math.max(sndMax, 0));
    }

    /** After the last byte written comes FIN. */
    void queueFin() {
        finPosition = dataEnd();
    }

    boolean isFinQueued() {
        return finPosition != NONE;
    }

    boolean isFinAcked() {
        return sndUna > finPosition;
    }

    /** Where data ends and FIN begins, for what has been acknowledged. */
    long acknowledgedData() {
        return Math.min(sndUna, finPosition);
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    /** Sends all that windows, Nagle and cork allow. */
    void transmit(long nowNs) {
        transmit(nowNs, false);
    }

    /**
     * Does so, but with a cork in sends only what one output carries: meanwhile the cork may be taken out, and what it
     * holds back now then leaves with the rest.
     *
     * @return true if full segments may be left, so that this is to be called again
     */
    boolean transmitInTurns(long nowNs) {
        return transmit(nowNs, corked) && dataEnd() - sndNxt >= mss;
    }

    private boolean transmit(long nowNs, boolean isOneOutput) {
        long end = dataEnd();
        boolean more = false;
        if (sndNxt < end || sndNxt == finPosition) {
            restartAfterIdle(nowNs);
            connection.recovery().onSending(starved, nowNs);
            long before = sndMax;
            do {
                more = transmitOne(end, nowNs);
            } while (more && !isOneOutput);
            starved = end - sndNxt < mss;
            if (!starved) {
                connection.recovery().onHeldBack();
            }
            if (sndMax > before) {
                connection.recovery().onNewDataSent(nowNs);
            }
            armTimers(end, nowNs);
        }
        return more;
    }

    /** Sends one segment, possibly a large one to be cut by the port. Returns whether another may follow. */
    private boolean transmitOne(long end, long nowNs) {
        if (sndNxt == finPosition) {
            emit(sndNxt, 0, nowNs);
            return false;
        }
        long unsent = end - sndNxt;
        int length = unsent > 0 ? sendable(unsent) : 0;
        if (length == 0 || !pacer.isDue(nowNs)) {
            return false;
        }
        long allowed = buffer.mayLeave();
        if (allowed < length) {
            if (allowed == 0) {
                return false;
            }
            length = (int) Math.max(allowed - allowed % mss, Math.min(mss, length));
        }
        emit(sndNxt, length, nowNs);
        return sndNxt < end;
    }

    /** What the windows would let out beyond all that was written, in bytes; 0 while something waits to be sent. */
    long idleWindow() {
        boolean isStarved = sndNxt >= dataEnd();
        return isStarved ? Math.max(Math.min(connection.recovery().allowance(), sndWnd) - flight(), 0) : 0;
    }

    /** How much of {@code unsent} bytes may go out in the next segment. */
    private int sendable(long unsent) {
        long inFlight = flight();
        long usable = Math.min(connection.recovery().allowance(), sndWnd) - inFlight;
        if (usable <= 0) {
            return 0;
        }
        int burst = pacer.burst(mss, maxBurst);
        int most = connection.emitter().ecn.isCwrDue() ? mss : burst;
        if (sndNxt < sndMax) {
            long missing = Math.min(unsent, sndMax - sndNxt);
            int again = (int) Math.min(Math.min(missing, usable), burst);
            boolean windowIsSmall = inFlight == 0 && again < mss;
            return again == missing || windowIsSmall ? again : again - again % mss;
        }
        int length = (int) Math.min(Math.min(unsent, usable), most);
        int full = length - length % mss;
        if (length == full) {
            return length;
        }
        if (length == unsent) {
            return maySendPartial() ? length : full;
        }
        // A window cuts a segment short: silly window avoidance, RFC 9293 section 3.8.6.2.1.
        boolean worthwhile = full == 0 && sndWnd - inFlight == length && length >= maxSndWnd / 2;
        return worthwhile ? length : full;
    }

    /** Whether a last segment that is not full may go: RFC 9293 section 3.7.4, TCP_NODELAY and TCP_CORK. */
    private boolean maySendPartial() {
        if (finPosition != NONE || pushDespiteCork || buffer.isDraining()) {
            return true;
        }
        return !corked && (noDelay || smallEnd <= sndUna);
    }

    /** Sends data from {@code position}, and FIN if it follows at once. Moves {@link #sndNxt} if that is there. */
    private void emit(long position, int length, long nowNs) {
        long end = position + length;
        int flags = 0;
        if (length > 0 && end >= dataEnd()) {
            flags |= TcpFlags.PSH;
        }
        if (end == finPosition) {
            flags |= TcpFlags.FIN;
            end++;
        }
        if (length % mss != 0) {
            smallEnd = Math.max(smallEnd, position + length);
        }
        if (sndUna == sndMax) {
            progressNs = nowNs;
        }
        connection.emitter().data(position, length, flags, position < sndMax, nowNs);
        bytesSent += length;
        pacer.onSent(length, nowNs);
        connection.recovery().onSent(position, end, length, nowNs);
        lastSentNs = nowNs;
        if (position < sndMax) {
            // Karn's rule: an acknowledgement would not tell which one it is for.
            timedEnd = NONE;
        } else if (timedEnd == NONE) {
            timedEnd = end;
            timedSinceNs = nowNs;
        }
        if (position == sndNxt) {
            sndNxt = end;
        }
        sndMax = Math.max(sndMax, end);
        if (timers.retransmitAt == Timers.NEVER) {
            armRetransmit(nowNs);
        }
    }

    /** Sends one segment from the oldest unacknowledged position, whatever the congestion window says. */
    void retransmitHead(long nowNs) {
        retransmit(sndUna, sndUna + mss, nowNs);
    }

    /**
     * Sends data once more, from {@code position} up to {@code limit} at most. A peer that has shrunk its window would throw
     * away what is beyond (RFC 9293 section 3.8.6, SHLD-16); a closed one is probed by a full segment.
     *
     * @return false if all of it is beyond
     */
    boolean retransmit(long position, long limit, long nowNs) {
        long edge = sndUna + sndWnd;
        if (position >= edge) {
            if (position > sndUna) {
                return false;
            }
            edge = sndUna + mss;
        }
        long end = Math.min(limit, Math.min(sndMax, dataEnd()));
        long length = Math.clamp(Math.min(end, edge) - position, 0, maxBurst);
        if (edge < end && length > mss) {
            length -= length % mss;
        }
        emit(position, (int) length, nowNs);
        return true;
    }

    /** Sends one segment of new data, whatever the congestion window says. Returns false if there is none to send. */
    boolean probeWithNewData(long nowNs) {
        int length = (int) Math.min(mss, dataEnd() - sndNxt);
        if (length <= 0 || flight() + length > sndWnd || corked && length < mss) {
            return false;
        }
        emit(sndNxt, length, nowNs);
        return true;
    }

    private void restartAfterIdle(long nowNs) {
        if (sndUna == sndMax && nowNs - lastSentNs > rtt.rtoNs()) {
            connection.congestion().onIdle(nowNs);
        }
    }

    /** What was held back for a rate may leave. */
    void onPaceTimeout(long nowNs) {
        timers.paceAt = Timers.NEVER;
        connection.recovery().retransmitLost(nowNs);
        transmit(nowNs);
    }

    // ---- timers ------------------------------------------------------------------------------------------------

    void armRetransmit(long nowNs) {
        timers.retransmitAt = connection.withinUserTimeout(nowNs + rtt.rtoNs(), progressNs);
        timers.probeAt = Timers.NEVER;
        probeBackoff = 0;
    }

    /** After sending: data may remain that only a timer can move. */
    private void armTimers(long end, long nowNs) {
        boolean waiting = sndNxt < end && !hasOutstanding();
        if (!waiting) {
            timers.corkAt = Timers.NEVER;
            return;
        }
        pushDespiteCork = false;
        if (sndWnd >= Math.min(mss, end - sndNxt)) {
            if (corked && timers.corkAt == Timers.NEVER) {
                timers.corkAt = nowNs + CORK_NS;
            }
        } else if (timers.probeAt == Timers.NEVER) {
            progressNs = nowNs;
            timers.probeAt = connection.withinUserTimeout(nowNs + rtt.backedOff(probeBackoff), progressNs);
        }
    }

    void onCorkTimeout(long nowNs) {
        timers.corkAt = Timers.NEVER;
        pushDespiteCork = true;
        transmit(nowNs);
        pushDespiteCork = false;
    }

    void setCorked(boolean on) {
        corked = on;
    }

    /** The window has let nothing through for a while: what does the peer say now? Goes on as long as it answers. */
    void onProbeTimeout(long nowNs) {
        timers.probeAt = Timers.NEVER;
        if (connection.recovery().isPatienceOver(probes, nowNs)) {
            connection.timeOut(nowNs);
            return;
        }
        probes++;
        if (sndWnd > 0) {
            long length = Math.min(Math.min(sndWnd, mss), dataEnd() - sndNxt);
            emit(sndNxt, (int) length, nowNs);
            return;
        }
        connection.emitter().probe(nowNs);
        probeBackoff++;
        timers.probeAt = connection.withinUserTimeout(nowNs + rtt.backedOff(probeBackoff), progressNs);
    }

    // ---- acknowledgements --------------------------------------------------------------------------------------

    /**
     * An ACK of less is nobody's who takes part (RFC 5961 section 5.2). Our SYN's ACK is the first there can have been,
     * whatever the window was: one before it would be of bytes that were never sent.
     */
    long oldestAcceptableAck() {
        return Math.max(sndUna - maxSndWnd, 0);
    }

    /** The window as in a segment's header, already scaled. */
    void onWindow(long window) {
        if (sndWnd == 0 && window > 0) {
            timers.probeAt = Timers.NEVER;
            probeBackoff = 0;
        }
        sndWnd = window;
        maxSndWnd = Math.max(maxSndWnd, window);
    }

    /** Everything before {@code position} has arrived. Returns the time of a round trip, -1 if it was not measured. */
    long onAcknowledged(long position, long nowNs) {
        sndUna = position;
        sndNxt = Math.max(sndNxt, position);
        progressNs = nowNs;
        if (buffer != null) {
            buffer.release(acknowledgedData());
        }
        if (position < timedEnd) {
            return -1;
        }
        timedEnd = NONE;
        return nowNs - timedSinceNs;
    }

    /** Whether a round trip is being timed, so that the coarser timestamps are not needed. */
    boolean isTiming() {
        return timedEnd != NONE;
    }
}
