package io.virtuoso.host.tcp;

/**
 * Room for what busy connections of one thread remember of the segments in flight ({@link SentSegments}). A connection
 * borrows it while much is in flight, so that idle ones hold next to nothing. Not thread-safe.
 */
public final class RecordPool {
    /** Records of a connection with little in flight, which it keeps. */
    static final int FEW = 8;
    /** Records of a connection with much in flight. */
    static final int MANY = 512;
    /** How many are kept for the next one: about 9 KiB each. */
    private static final int KEPT = 64;

    private final Block[] free = new Block[KEPT];
    private int count;
    private int lent;

    /** Parallel arrays, one place for each record. */
    static final class Block {
        final long[] starts;
        final long[] sentNs;
        final byte[] flags;

        Block(int records) {
            starts = new long[records];
            sentNs = new long[records];
            flags = new byte[records];
        }

        int capacity() {
            return starts.length;
        }

        void copy(Block from, int fromIndex, int toIndex, int length) {
            System.arraycopy(from.starts, fromIndex, starts, toIndex, length);
            System.arraycopy(from.sentNs, fromIndex, sentNs, toIndex, length);
            System.arraycopy(from.flags, fromIndex, flags, toIndex, length);
        }
    }

    /** Blocks that connections have borrowed. */
    public int lent() {
        return lent;
    }

    Block borrow() {
        lent++;
        return count == 0 ? new Block(MANY) : free[--count];
    }

    void giveBack(Block block) {
        lent--;
        if (count < KEPT) {
            free[count++] = block;
        }
    }
}
