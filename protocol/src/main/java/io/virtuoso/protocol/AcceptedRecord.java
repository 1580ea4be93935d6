package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/** What a listener's receive ring consists of: one record for each connection that waits to be accepted. */
public final class AcceptedRecord {
    public static final int SLOT_OFFSET = 0;
    public static final int GENERATION_OFFSET = 4;
    public static final int BYTES = 8;

    private AcceptedRecord() {}

    /** Writes a record; it becomes visible with the ring's tail. */
    public static void write(ByteBuffer region, int offset, int slot, int generation) {
        Views.setLong(region, offset, of(slot, generation));
    }

    /** A record as one word. */
    public static long of(int slot, int generation) {
        return (slot & 0xffff_ffffL) | (long) generation << 32;
    }

    /** The record as one word, for {@link #slot} and {@link #generation}. */
    public static long read(ByteBuffer region, int offset) {
        return Views.getLong(region, offset);
    }

    public static int slot(long record) {
        return (int) record;
    }

    public static int generation(long record) {
        return (int) (record >>> 32);
    }
}
