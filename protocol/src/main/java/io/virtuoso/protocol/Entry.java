package io.virtuoso.protocol;

/**
 * Layout of a queue entry of 64 bytes.
 *
 * <p>stamp = (position + 1) &lt;&lt; 8 | type, stored last with release order; position counts entries since the context
 * opened.
 */
public final class Entry {
    public static final int STAMP_OFFSET = 0;
    public static final int SLOT_OFFSET = 8;
    public static final int GENERATION_OFFSET = 12;
    public static final int REQUEST_OFFSET = 16;
    public static final int ARG_OFFSET = 24;
    public static final int BYTES = Abi.ENTRY_BYTES;

    private static final int TYPE_BITS = 8;
    private static final int TYPE_MASK = (1 << TYPE_BITS) - 1;

    private Entry() {}

    /** The stamp of the entry at a position (from 0) with a type of 1 to 255. */
    public static long stamp(long position, int type) {
        return (position + 1) << TYPE_BITS | type;
    }

    /** The type in a stamp: 0 to 255. */
    static int type(long stamp) {
        return (int) stamp & TYPE_MASK;
    }

    /** The stamp without its type. */
    static long place(long stamp) {
        return stamp & ~(long) TYPE_MASK;
    }
}
