package io.virtuoso.host.tcp;

/**
 * What was sent and is not acknowledged, [SND.UNA, SND.MAX), as records that follow each other without gaps: when each
 * was sent last (RFC 8985 section 5.2) and what has become of it. A large segment is one record until parts of it fare
 * differently. Bounded: when there are too many, neighbours of the same state become one that counts as sent when the
 * later was, and at worst SACK blocks go unheeded. Only used where both sides agreed on SACK.
 */
final class SentSegments {
    /** The peer has it (RFC 2018). */
    static final int SACKED = 1;
    /** Held to be lost, and not sent again since. */
    static final int LOST = 2;
    /** Sent more than once. */
    static final int SENT_AGAIN = 4;

    /** Places that SACK blocks leave to what is sent. */
    private static final int RESERVE = 16;

    /** Hears of what has arrived: acknowledged or sacked for the first time. */
    interface Arrivals {
        /** @param end the position behind it; {@code again}: it was sent more than once */
        void onArrived(long end, long sentNs, boolean again);
    }

    /** Hears of what is held to be lost, each time. */
    interface Losses {
        void onLost(long bytes, long sentNs);
    }

    private final RecordPool pool;
    /** Null: nobody wants to hear. */
    private Losses losses;
    /** Kept for the life of the connection; null until something is sent. */
    private RecordPool.Block few;
    /** {@link #few}, or borrowed while that is not enough. */
    private RecordPool.Block block;

    /** Place of the first record. */
    private int first;

    private int count;
    /** SND.MAX: end of the last record. */
    private long end;

    private long sackedBytes;
    private int sackedRecords;
    private long lostBytes;
    /** Sent again and neither sacked nor lost. */
    private long repairedBytes;

    SentSegments(RecordPool pool) {
        this.pool = pool;
    }

    void tell(Losses listener) {
        losses = listener;
    }

    // ---- sending -----------------------------------------------------------------------------------------------

    /** [position, limit) was sent, for the first time or again. */
    void onSent(long position, long limit, long nowNs) {
        if (count > 0 && position < end) {
            sentAgain(position, Math.min(limit, end), nowNs);
        }
        if (count == 0 || limit > end) {
            append(count == 0 ? position : end, nowNs);
            end = limit;
        }
    }

    private void append(long position, long nowNs) {
        boolean joins = count > 0 && flags(count - 1) == 0 && sentNs(count - 1) == nowNs;
        if (joins) {
            return;
        }
        if (!makeRoom(1)) {
            forgetAll(nowNs);
        } else {
            put(first + count, position, nowNs, 0);
            count++;
        }
    }

    private void sentAgain(long position, long limit, long nowNs) {
        if (makeRoom(2)) {
            split(position);
            split(limit);
        }
        int from = indexOf(position);
        int index = from;
        while (index < count && start(index) < limit) {
            change(index, SENT_AGAIN);
            block.sentNs[first + index] = nowNs;
            index++;
        }
        join(from, index - 1);
    }

    // ---- what arrives ------------------------------------------------------------------------------------------

    /** Everything before {@code una} is acknowledged. @return how many bytes of that were not sacked before */
    long acknowledge(long una, Arrivals arrivals) {
        long news = 0;
        while (count > 0 && start(0) < una) {
            long reached = Math.min(end(0), una);
            long length = reached - start(0);
            if (!is(0, SACKED)) {
                news += length;
                arrivals.onArrived(reached, sentNs(0), is(0, SENT_AGAIN));
            }
            count(flags(0), -length);
            if (reached == end(0)) {
                sackedRecords -= is(0, SACKED) ? 1 : 0;
                first++;
                count--;
            } else {
                block.starts[first] = una;
            }
        }
        if (count == 0) {
            release();
        }
        return news;
    }

    /** Nothing is in flight any more. */
    void release() {
        first = 0;
        count = 0;
        clearSums();
        if (block != few) {
            pool.giveBack(block);
            block = few;
        }
    }

    /** The peer has [left, right), which lies within what is in flight. @return how many bytes of it are news */
    long sack(long left, long right, Arrivals arrivals) {
        int known = indexOf(left);
        if (is(known, SACKED) && right <= end(known) || !makeRoom(2 + RESERVE)) {
            return 0;
        }
        split(left);
        split(right);
        long news = 0;
        int from = indexOf(left);
        int index = from;
        while (index < count && start(index) < right) {
            if (!is(index, SACKED)) {
                news += end(index) - start(index);
                arrivals.onArrived(end(index), sentNs(index), is(index, SENT_AGAIN));
                change(index, SACKED);
            }
            index++;
        }
        join(Math.max(from - 1, 0), Math.min(index, count - 1));
        return news;
    }

    /** The peer has thrown away what it had sacked, as it may (RFC 2018 section 8): everything is lost. */
    void forgetSacks() {
        for (int i = 0; i < count; i++) {
            change(i, LOST | SENT_AGAIN);
        }
    }

    /** Holds everything for lost that was not sacked: it was too large for the path. */
    void loseAll() {
        for (int i = 0; i < count; i++) {
            if (!is(i, SACKED)) {
                change(i, flags(i) | LOST);
            }
        }
    }

    /** Nothing is lost after all. */
    void loseNothing() {
        for (int i = 0; i < count; i++) {
            change(i, flags(i) & ~LOST);
        }
    }

    /** Holds a record for lost, unless it is sacked. */
    void markLost(int index) {
        if (!is(index, SACKED | LOST)) {
            change(index, flags(index) | LOST);
            if (losses != null) {
                losses.onLost(end(index) - start(index), sentNs(index));
            }
        }
    }

    // ---- records -----------------------------------------------------------------------------------------------

    int count() {
        return count;
    }

    long start(int index) {
        return block.starts[first + index];
    }

    long end(int index) {
        return index == count - 1 ? end : block.starts[first + index + 1];
    }

    long sentNs(int index) {
        return block.sentNs[first + index];
    }

    boolean is(int index, int flag) {
        return (flags(index) & flag) != 0;
    }

    private int flags(int index) {
        return block.flags[first + index];
    }

    /** Index of the first lost record, -1 if none is. */
    int firstLost() {
        int index = lostBytes == 0 ? count : 0;
        while (index < count && !is(index, LOST)) {
            index++;
        }
        return index < count ? index : -1;
    }

    // ---- sums --------------------------------------------------------------------------------------------------

    long sackedBytes() {
        return sackedBytes;
    }

    /** Ranges that the peer has beyond SND.UNA. */
    int sackedRanges() {
        return sackedRecords;
    }

    long lostBytes() {
        return lostBytes;
    }

    long repairedBytes() {
        return repairedBytes;
    }

    /** Whether everything in flight was sent once, in order, and nothing is known to have become of it. */
    boolean isUndisturbed() {
        return sackedBytes == 0 && lostBytes == 0 && repairedBytes == 0;
    }

    /** RFC 6675's pipe: bytes that are in the network. */
    long pipe() {
        return count == 0 ? 0 : end - start(0) - sackedBytes - lostBytes;
    }

    // ---- keeping of the records ----------------------------------------------------------------------------------

    private void put(int place, long position, long sentNs, int flags) {
        block.starts[place] = position;
        block.sentNs[place] = sentNs;
        block.flags[place] = (byte) flags;
    }

    private void change(int index, int newFlags) {
        long length = end(index) - start(index);
        int before = flags(index);
        count(before, -length);
        count(newFlags, length);
        sackedRecords += (newFlags & SACKED) - (before & SACKED);
        block.flags[first + index] = (byte) newFlags;
    }

    private void count(int flags, long bytes) {
        if ((flags & SACKED) != 0) {
            sackedBytes += bytes;
        } else if ((flags & LOST) != 0) {
            lostBytes += bytes;
        } else if ((flags & SENT_AGAIN) != 0) {
            repairedBytes += bytes;
        }
    }

    private int indexOf(long position) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = low + high + 1 >>> 1;
            if (start(middle) <= position) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** Makes a record begin at {@code position}; there is room. */
    private void split(long position) {
        int index = indexOf(position);
        if (position <= start(index) || position >= end) {
            return;
        }
        int place = first + index + 1;
        block.copy(block, place, place + 1, count - index - 1);
        put(place, position, sentNs(index), flags(index));
        sackedRecords += is(index, SACKED) ? 1 : 0;
        count++;
    }

    /** Joins neighbours from {@code from} to {@code to} that tell the same. */
    private void join(int from, int to) {
        for (int i = to; i > from; i--) {
            boolean same = flags(i) == flags(i - 1) && (is(i, SACKED) || sentNs(i) == sentNs(i - 1));
            if (same) {
                merge(i - 1);
            }
        }
    }

    /** Makes one record of this one and the next. */
    private void merge(int index) {
        int place = first + index;
        block.sentNs[place] = Math.max(block.sentNs[place], block.sentNs[place + 1]);
        sackedRecords -= is(index, SACKED) ? 1 : 0;
        block.copy(block, place + 2, place + 1, count - index - 2);
        count--;
    }

    /** Makes sure that so many records can be added. */
    private boolean makeRoom(int records) {
        if (block == null) {
            few = new RecordPool.Block(RecordPool.FEW);
            block = few;
        }
        if (first + count + records <= block.capacity()) {
            return true;
        }
        if (count + records > block.capacity()) {
            if (block == few) {
                block = pool.borrow();
                block.copy(few, first, 0, count);
                first = 0;
                return true;
            }
            halve();
        }
        block.copy(block, first, 0, count);
        first = 0;
        return count + records <= block.capacity();
    }

    /** Makes one record of each two neighbours of the same state. */
    private void halve() {
        int kept = 0;
        int index = 0;
        while (index < count) {
            boolean joins = index + 1 < count && flags(index) == flags(index + 1);
            long latestNs = joins ? Math.max(sentNs(index), sentNs(index + 1)) : sentNs(index);
            sackedRecords -= joins && is(index, SACKED) ? 1 : 0;
            put(first + kept, start(index), latestNs, flags(index));
            kept++;
            index += joins ? 2 : 1;
        }
        count = kept;
    }

    /** There is no place for one more record: all becomes one, as if sent now. The timer repairs what is lost. */
    private void forgetAll(long nowNs) {
        count = 1;
        block.sentNs[first] = nowNs;
        block.flags[first] = 0;
        clearSums();
    }

    private void clearSums() {
        sackedBytes = 0;
        sackedRecords = 0;
        lostBytes = 0;
        repairedBytes = 0;
    }
}
