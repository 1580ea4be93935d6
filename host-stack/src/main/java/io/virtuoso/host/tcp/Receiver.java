package io.virtuoso.host.tcp;

/**
 * The receive half: RCV variables of RFC 9293 section 3.3.1, reassembly, the window offered and when to acknowledge.
 * Positions count the peer's stream; see the package's description.
 */
final class Receiver {
    private static final long NONE = Long.MAX_VALUE;
    /**
     * So many times as many acknowledgements as at the beginning are not delayed after a loss. Measured with Linux sending at
     * 20 ms and 1 % loss: without, it got 0.94 of its goodput to Linux; with as many as at the beginning, 0.98; so, 1.01.
     */
    private static final int QUICK_AFTER_LOSS = 4;

    private final TcpConfig config;
    private final Timers timers;
    private final ReceiveTuning tuning = new ReceiveTuning();

    /** Sequence number of the peer's SYN. */
    private int irs;
    /** Next position expected; counts the FIN once that is reached. */
    private long rcvNxt;
    /** End of the window: the highest position ever offered (exclusive). It never moves left. */
    private long rightEdge;
    /** Position of the peer's FIN, once seen. */
    private long finPosition = NONE;

    private ReceiveBuffer buffer;
    /** As last seen, but no more than a window can offer; 0 before a buffer is attached. */
    private int capacity;

    private int windowScale;
    private int initialWindow;
    /** Made when the first segment arrives out of order. */
    private Ranges ranges;

    /** Start of the segment that arrived out of order last: its range is reported first (RFC 2018 section 4). */
    private long latestAhead;

    private boolean reportsDuplicates;
    /** What arrived twice, [from, to), until an acknowledgement has reported it (RFC 2883); -1: nothing. */
    private long twiceFrom = -1;

    private long twiceTo;

    /** Payload of a full segment, as the peer may send it. */
    private int fullSegment;

    private int timestampBytes;

    /** RCV.NXT as last acknowledged: Last.ACK.sent of RFC 7323. */
    private long lastAckSent;

    private boolean ackNow;
    private int quickAcks;
    private boolean answering;
    boolean alwaysQuick;

    long bytesReceived;

    Receiver(TcpConfig config, Timers timers) {
        this.config = config;
        this.timers = timers;
        initialWindow = config.initialReceiveBytes();
        fullSegment = config.mss();
        quickAcks = config.quickAcks();
    }

    /** Takes the peer's SYN: the stream begins. The window offered so far, if any, was not scaled. */
    void onSyn(int seq) {
        irs = seq;
        rcvNxt = 0;
        lastAckSent = 0;
    }

    /** What both SYNs agreed on. */
    void onOptions(boolean scaled, int newTimestampBytes, boolean sack) {
        reportsDuplicates = sack;
        timestampBytes = newTimestampBytes;
        windowScale = scaled ? config.receiveWindowScale() : 0;
        fullSegment = config.mss() - timestampBytes;
        tuning.begin(fullSegment);
    }

    void attach(ReceiveBuffer newBuffer) {
        buffer = newBuffer;
        capacity = offerableCapacity();
    }

    // ---- arriving segments -------------------------------------------------------------------------------------

    long position(int seq) {
        return Seq.position(irs, rcvNxt, seq);
    }

    long rcvNxt() {
        return rcvNxt;
    }

    int ackNumber() {
        return Seq.of(irs, rcvNxt);
    }

    long lastAckSent() {
        return lastAckSent;
    }

    /**
     * The first check of RFC 9293 section 3.10.7.4. Two allowances, both as Linux: a segment without data may begin
     * at the window's end (all data before it may have been lost), and at a zero window a segment that begins at
     * RCV.NXT is taken for its ACK, RST and FIN, only its data is not.
     */
    boolean isAcceptable(TcpSegment segment) {
        long start = position(segment.seq);
        long end = start + segment.sequenceLength();
        if (start == end) {
            // RCV.NXT may be beyond the window by one: a FIN was taken at a closed one.
            return start == rcvNxt || start > rcvNxt && start <= rightEdge;
        }
        return end > rcvNxt && (start < rightEdge || start == rcvNxt);
    }

    /** Whether the position lies before the window by no more than a window: no easier to guess than one inside. */
    boolean isRecentlyReceived(long position) {
        return position < rcvNxt && position >= rcvNxt - Math.max(capacity, fullSegment);
    }

    /** Whether the segment carries data not received before. */
    boolean isNewData(TcpSegment segment) {
        return segment.payloadLength > 0 && position(segment.seq) + segment.payloadLength > rcvNxt;
    }

    /** Takes data and FIN of an acceptable segment. */
    TcpVerdict onText(TcpSegment segment, long nowNs) {
        long segmentStart = position(segment.seq);
        long segmentEnd = segmentStart + segment.payloadLength;
        long start = Math.max(segmentStart, rcvNxt);
        long end = Math.min(segmentEnd, Math.min(rightEdge, finPosition));
        TcpVerdict verdict = TcpVerdict.ACCEPTED;
        noteDuplicate(segment);
        if (start < end) {
            verdict = store(segment, start, end, segment.payloadOffset + (int) (start - segmentStart), nowNs);
            tune(nowNs);
        } else if (segment.payloadLength > 0) {
            ackNow = true;
        }
        if (segment.has(TcpFlags.FIN) && finPosition == NONE && segmentEnd <= rightEdge && segmentEnd >= rcvNxt) {
            finPosition = Math.max(segmentEnd, highestReceived());
            ackNow = true;
        }
        if (rcvNxt == finPosition) {
            rcvNxt++;
            ackNow = true;
        }
        return verdict;
    }

    private TcpVerdict store(TcpSegment segment, long start, long end, int offset, long nowNs) {
        int length = buffer.makeRoom(start, (int) (end - start));
        if (length < end - start) {
            ackNow = true; // what is cut off comes again
            return length == 0 ? TcpVerdict.NO_MEMORY : keep(segment, start, length, offset, nowNs);
        }
        return keep(segment, start, length, offset, nowNs);
    }

    private TcpVerdict keep(TcpSegment segment, long start, int length, int offset, long nowNs) {
        long end = start + length;
        if (start > rcvNxt) {
            ackNow = true;
            quickAcks = QUICK_AFTER_LOSS * config.quickAcks();
            if (ranges == null) {
                ranges = new Ranges();
            }
            if (!ranges.add(start, end)) {
                return TcpVerdict.TOO_MANY_GAPS;
            }
            latestAhead = start;
            buffer.write(start, segment.payload, offset, length);
            return TcpVerdict.ACCEPTED;
        }
        buffer.write(start, segment.payload, offset, length);
        bytesReceived += end - rcvNxt;
        rcvNxt = end;
        if (hasGaps()) {
            long reached = ranges.takeFrom(end);
            bytesReceived += reached - rcvNxt;
            rcvNxt = reached;
            // RFC 5681 section 4.2: at once when a segment fills a gap or part of one.
            ackNow = true;
        }
        buffer.commit(rcvNxt);
        scheduleAck(length, nowNs);
        return TcpVerdict.ACCEPTED;
    }

    /** A full segment with data echoes a timestamp that we sent so long ago. */
    void onEcho(TcpSegment segment, long elapsedNs) {
        if (segment.payloadLength >= fullSegment) {
            tuning.onEcho(segment.tsEcr, elapsedNs);
        }
    }

    /** Lets the buffer grow with what the reader takes (dynamic right-sizing). */
    private void tune(long nowNs) {
        if (timestampBytes == 0) {
            tuning.onReceived(rcvNxt, rightEdge, nowNs);
        }
        int wanted = tuning.wanted(buffer.head(), nowNs);
        if (wanted > capacity) {
            buffer.tune(wanted);
        }
    }

    ReceiveTuning tuning() {
        return tuning;
    }

    /** Bytes from the reader's position on that may be offered, as last looked at. */
    int capacity() {
        return capacity;
    }

    /** Remembers what of a segment's data had arrived before. */
    void noteDuplicate(TcpSegment segment) {
        long start = position(segment.seq);
        long end = start + segment.payloadLength;
        if (start < end && start < rcvNxt) {
            noteDuplicate(start, Math.min(end, rcvNxt));
        } else if (start < end && hasGaps()) {
            int range = ranges.firstBehind(start);
            if (range >= 0 && ranges.start(range) < end) {
                noteDuplicate(Math.max(start, ranges.start(range)), Math.min(end, ranges.end(range)));
            }
        }
    }

    private void noteDuplicate(long from, long to) {
        if (reportsDuplicates && from >= 0) {
            twiceFrom = from;
            twiceTo = to;
        }
    }

    long highestReceived() {
        return hasGaps() ? ranges.end(ranges.count() - 1) : rcvNxt;
    }

    /** Whether something arrived out of order and waits for what is missing. */
    boolean hasGaps() {
        return ranges != null && !ranges.isEmpty();
    }

    /** Whether an acknowledgement has more to tell than RCV.NXT. */
    boolean hasReport() {
        return twiceFrom >= 0 || hasGaps();
    }

    /**
     * Reports in SACK blocks what arrived twice (RFC 2883), once only, and what waits behind gaps, the latest first. If
     * what arrived twice lies behind a gap, its range comes next.
     */
    void report(OutgoingSegment segment, int maxBlocks) {
        if (twiceFrom >= 0) {
            addBlock(segment, twiceFrom, twiceTo);
        }
        int count = hasGaps() ? ranges.count() : 0;
        int latest = count == 0 ? 0 : Math.max(ranges.indexOf(twiceFrom >= rcvNxt ? twiceFrom : latestAhead), 0);
        for (int i = 0; i < count && segment.sackCount < maxBlocks; i++) {
            int range = (latest + count - i) % count;
            addBlock(segment, ranges.start(range), ranges.end(range));
        }
        twiceFrom = -1;
    }

    private void addBlock(OutgoingSegment segment, long start, long end) {
        segment.sackEdges[2 * segment.sackCount] = Seq.of(irs, start);
        segment.sackEdges[2 * segment.sackCount + 1] = Seq.of(irs, end);
        segment.sackCount++;
    }

    boolean isFinReached() {
        return rcvNxt > finPosition;
    }

    /** Whether committed data has not been read. */
    boolean hasUnread() {
        return buffer != null && Math.min(rcvNxt, finPosition) > buffer.head();
    }

    // ---- acknowledging -----------------------------------------------------------------------------------------

    /**
     * Delayed ACK (RFC 9293 section 3.8.6.3): every second full segment at once, anything else a little later. At the
     * beginning nothing is delayed, so that neither the peer's slow start nor, while it writes in small pieces, Nagle's
     * algorithm holds it up. What is smaller than a segment only until there are answers to carry acknowledgements. The same
     * after a loss, because the peer's window is small then and every acknowledgement that waits is time in which it sends
     * nothing.
     */
    private void scheduleAck(int length, long nowNs) {
        long unacknowledged = rcvNxt - lastAckSent;
        if (alwaysQuick || unacknowledged >= 2L * fullSegment || unacknowledged >= capacity / 2) {
            ackNow = true;
        } else if (quickAcks > 0 && (length >= fullSegment || !answering)) {
            quickAcks--;
            ackNow = true;
        } else if (timers.delayedAckAt == Timers.NEVER) {
            timers.delayedAckAt = nowNs + config.delayedAckNs();
        }
    }

    void requireAck() {
        ackNow = true;
    }

    void delayAck(long untilNs) {
        timers.delayedAckAt = untilNs;
    }

    boolean isAckDelayed() {
        return timers.delayedAckAt != Timers.NEVER;
    }

    /** What a full segment of the peer carries. */
    int fullSegment() {
        return fullSegment;
    }

    boolean isAckRequired() {
        return ackNow;
    }

    /** Data leaves: an answer, if anything came before. */
    void onDataSent() {
        answering = bytesReceived > 0;
    }

    /** Every segment with ACK that leaves carries this state. */
    void onAckSent() {
        lastAckSent = rcvNxt;
        ackNow = false;
        timers.delayedAckAt = Timers.NEVER;
    }

    // ---- window ------------------------------------------------------------------------------------------------

    void limitInitialWindow(int bytes) {
        initialWindow = Math.min(bytes, config.initialReceiveBytes());
    }

    /** The window for the header of a SYN, which is never scaled; offers it. */
    int offerInSyn() {
        int offered = Math.min(buffer == null ? initialWindow : buffer.capacity(), 65_535);
        rightEdge = Math.max(rightEdge, offered);
        return offered;
    }

    /**
     * The window for a header, scaled; offers it. The right edge moves by a full segment or half the buffer at least
     * (silly window avoidance, RFC 9293 section 3.8.6.2.2).
     */
    int offer() {
        if (isFinReached()) {
            return windowLeft() >> windowScale;
        }
        long edge = possibleEdge();
        if (edge - rightEdge >= Math.min(fullSegment, capacity / 2)) {
            rightEdge = edge;
        }
        // Rounding down seems to shrink the window by less than a unit; data up to the right edge is still taken.
        return (int) (rightEdge - rcvNxt) >> windowScale;
    }

    /** What was offered beyond what has arrived, in bytes. */
    int windowLeft() {
        return (int) Math.max(0, rightEdge - rcvNxt);
    }

    private long possibleEdge() {
        if (buffer == null) {
            return rightEdge;
        }
        capacity = offerableCapacity();
        return buffer.head() + capacity;
    }

    private int offerableCapacity() {
        return (int) Math.min(buffer.capacity(), 65_535L << windowScale);
    }

    /** Whether the reader has made so much room that the peer should be told at once. */
    boolean isUpdateDue(long nowNs) {
        if (isFinReached() || buffer == null) {
            return false;
        }
        tune(nowNs);
        return rightEdge - rcvNxt < capacity / 2 && possibleEdge() - rightEdge >= updateStep();
    }

    /** The reader's cursor at which {@code onRoomMade} is needed; {@link Long#MAX_VALUE} while the window is wide. */
    long roomWanted() {
        if (isFinReached() || buffer == null || rightEdge - rcvNxt >= capacity / 2) {
            return Long.MAX_VALUE;
        }
        return rightEdge - capacity + updateStep();
    }

    private int updateStep() {
        return Math.max(Math.min(fullSegment, capacity / 2), capacity / 4);
    }

    int windowScale() {
        return windowScale;
    }
}
