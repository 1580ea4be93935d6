package io.virtuoso.host.tcp;

/**
 * What arrived ahead of a gap, here or at the peer: disjoint ranges of stream positions, ascending, not touching each
 * other. Bounded, so that a peer cannot make it grow.
 */
final class Ranges {
    static final int MAX_RANGES = 256;

    private final long[] starts = new long[MAX_RANGES];
    private final long[] ends = new long[MAX_RANGES];
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    void clear() {
        count = 0;
    }

    int count() {
        return count;
    }

    long start(int index) {
        return starts[index];
    }

    long end(int index) {
        return ends[index];
    }

    /**
     * Adds [start, end), which is not empty, joining what it overlaps or touches.
     *
     * @return false if there is no place for one more range
     */
    boolean add(long start, long end) {
        int first = 0;
        while (first < count && ends[first] < start) {
            first++;
        }
        int next = first;
        long joinedStart = start;
        long joinedEnd = end;
        while (next < count && starts[next] <= end) {
            joinedStart = Math.min(joinedStart, starts[next]);
            joinedEnd = Math.max(joinedEnd, ends[next]);
            next++;
        }
        if (next == first && count == MAX_RANGES) {
            return false;
        }
        replace(first, next, 1);
        starts[first] = joinedStart;
        ends[first] = joinedEnd;
        return true;
    }

    /** Takes out the ranges that are reached from {@code position} without a gap. Returns how far they lead. */
    long takeFrom(long position) {
        long reached = position;
        int taken = 0;
        while (taken < count && starts[taken] <= reached) {
            reached = Math.max(reached, ends[taken]);
            taken++;
        }
        if (taken > 0) {
            replace(0, taken, 0);
        }
        return reached;
    }

    /** Index of the range that holds {@code position}, -1 if none does. */
    int indexOf(long position) {
        for (int i = 0; i < count; i++) {
            if (starts[i] <= position && position < ends[i]) {
                return i;
            }
        }
        return -1;
    }

    /** Index of the range that holds {@code position}, or else of the next one; -1 if there is none. */
    int firstBehind(long position) {
        for (int i = 0; i < count; i++) {
            if (ends[i] > position) {
                return i;
            }
        }
        return -1;
    }

    /** Makes room for {@code places} ranges where [from, to) were. */
    private void replace(int from, int to, int places) {
        int moved = count - to;
        System.arraycopy(starts, to, starts, from + places, moved);
        System.arraycopy(ends, to, ends, from + places, moved);
        count = from + places + moved;
    }
}
