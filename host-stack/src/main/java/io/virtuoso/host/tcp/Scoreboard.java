package io.virtuoso.host.tcp;

/**
 * What the peer has beyond SND.UNA (RFC 2018), and what follows from it (RFC 6675): which data is lost and how much is
 * still in the network.
 */
final class Scoreboard {
    private static final int DUPLICATE_THRESHOLD = 3;

    /** Made when the first SACK block arrives. */
    private Ranges sacked;
    /** HighRxt: everything unacknowledged before it has been sent again in this recovery. */
    private long highRxt;
    /** SND.MAX when data was sent again last. */
    private long sentAgainAtMax = Long.MAX_VALUE;
    /** Data before this position that is not sacked is lost. */
    private long lostBelow;

    /**
     * Takes a segment's SACK blocks, after SND.UNA was updated.
     *
     * @return whether they told anything new
     */
    boolean update(TcpSegment segment, Sender sender) {
        long una = sender.sndUna;
        boolean news = false;
        for (int block = 0; block < segment.sackCount; block++) {
            long left = sender.position(segment.sackEdges[2 * block]);
            long right = sender.position(segment.sackEdges[2 * block + 1]);
            // Blocks at or before SND.UNA report duplicates (RFC 2883).
            if (left > una && left < right && right <= sender.sndMax) {
                news |= add(left, right);
            }
        }
        trim(una);
        if (!isEmpty()) {
            lostBelow = lossEdge(sender.mss);
            detectLostRetransmissions(una, sender.mss);
        }
        return news;
    }

    /**
     * Beyond RFC 6675: when data first sent after all retransmissions has arrived, then what was sent again and is
     * still missing was lost again. Without this only the timer would find out.
     */
    private void detectLostRetransmissions(long una, int mss) {
        long highestSacked = sacked.end(sacked.count() - 1);
        if (highRxt > una && highestSacked - sentAgainAtMax > (long) DUPLICATE_THRESHOLD * mss) {
            highRxt = una;
            sentAgainAtMax = Long.MAX_VALUE;
        }
    }

    private boolean add(long left, long right) {
        if (sacked == null) {
            sacked = new Ranges();
        }
        int index = sacked.indexOf(left);
        return (index < 0 || right > sacked.end(index)) && sacked.add(left, right);
    }

    private void trim(long una) {
        if (sacked != null) {
            sacked.takeFrom(una);
        }
        highRxt = Math.max(highRxt, una);
        lostBelow = Math.max(lostBelow, una);
    }

    /** RFC 6675's IsLost: three sacked ranges above, or more than two segments' worth of bytes. */
    private long lossEdge(int mss) {
        long bytesAbove = 0;
        int rangesAbove = 0;
        for (int i = sacked.count() - 1; i >= 0; i--) {
            bytesAbove += sacked.end(i) - sacked.start(i);
            rangesAbove++;
            if (rangesAbove >= DUPLICATE_THRESHOLD || bytesAbove > (DUPLICATE_THRESHOLD - 1L) * mss) {
                return Math.max(lostBelow, sacked.start(i));
            }
        }
        return lostBelow;
    }

    boolean isEmpty() {
        return sacked == null || sacked.isEmpty();
    }

    boolean isLost(long position) {
        return position < lostBelow;
    }

    /** Recovery begins: nothing has been sent again yet; the first segment counts as lost whatever is sacked. */
    void onRecovery(long una, int mss) {
        highRxt = una;
        sentAgainAtMax = Long.MAX_VALUE;
        lostBelow = Math.max(lostBelow, una + mss);
    }

    /** After a timeout the peer may have thrown away what it had sacked (RFC 2018 section 8). */
    void clear() {
        if (sacked != null) {
            sacked.clear();
        }
        highRxt = 0;
        sentAgainAtMax = Long.MAX_VALUE;
        lostBelow = 0;
    }

    /** RFC 6675's pipe: bytes of [una, max) that are in the network. */
    long pipe(long una, long max) {
        long pipe = 0;
        long at = una;
        int count = sacked == null ? 0 : sacked.count();
        for (int i = 0; i <= count; i++) {
            long holeEnd = i < count ? sacked.start(i) : max;
            pipe += inNetwork(at, holeEnd);
            at = i < count ? sacked.end(i) : max;
        }
        return pipe;
    }

    /** Of a hole, what was sent again or is not lost. */
    private long inNetwork(long start, long end) {
        long sentAgain = Math.max(0, Math.min(end, highRxt) - start);
        long notLost = Math.max(0, end - Math.max(start, lostBelow));
        return sentAgain + notLost;
    }

    /** RFC 6675's NextSeg, rule 1: where lost data begins that was not sent again; -1 if there is none. */
    long nextLost() {
        long position = skipSacked(highRxt);
        return position < lostBelow ? position : -1;
    }

    /** End of the lost data at {@code position}. */
    long lostEnd(long position) {
        return Math.min(lostBelow, holeEnd(position));
    }

    void onSentAgain(long end, long sndMax) {
        highRxt = Math.max(highRxt, end);
        sentAgainAtMax = sndMax;
    }

    /** The first position from {@code position} on that is not sacked. */
    long skipSacked(long position) {
        int index = sacked == null ? -1 : sacked.indexOf(position);
        return index < 0 ? position : sacked.end(index);
    }

    /** Where the next sacked range after {@code position} begins; {@link Long#MAX_VALUE}: none does. */
    long holeEnd(long position) {
        int count = sacked == null ? 0 : sacked.count();
        for (int i = 0; i < count; i++) {
            if (sacked.start(i) > position) {
                return sacked.start(i);
            }
        }
        return Long.MAX_VALUE;
    }

    long sackedBytes() {
        return sackedBefore(Long.MAX_VALUE);
    }

    /** Sacked bytes before {@code position}. */
    long sackedBefore(long position) {
        long bytes = 0;
        int count = sacked == null ? 0 : sacked.count();
        for (int i = 0; i < count && sacked.start(i) < position; i++) {
            bytes += Math.min(sacked.end(i), position) - sacked.start(i);
        }
        return bytes;
    }
}
