package io.virtuoso.host.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The options of one TCP header (RFC 9293 section 3.2, RFC 7323, RFC 2018, RFC 9768). Reused for every segment: {@link
 * #parse} overwrites all. Unknown options are skipped; one whose length makes no sense ends the list, as in RFC 9293
 * MUST-7.
 */
public final class TcpOptions {
    public static final int MAX_WINDOW_SCALE = 14;
    /** Bytes that the timestamps option takes, with its padding. */
    public static final int TIMESTAMPS_BYTES = 12;

    private static final int END = 0;
    private static final int NO_OPERATION = 1;
    private static final int MAXIMUM_SEGMENT_SIZE = 2;
    private static final int WINDOW_SCALE = 3;
    private static final int SACK_PERMITTED = 4;
    private static final int SACK = 5;
    private static final int TIMESTAMPS = 8;
    /** Accurate ECN, order 0: bytes with ECT(0), CE, ECT(1); order 1 the other way (RFC 9768 section 3.2.3). */
    private static final int ACCURATE_ECN_0 = 172;

    private static final int ACCURATE_ECN_1 = 174;
    private static final int COUNTER_BYTES = 3;
    private static final int COUNTERS = 3;
    private static final int MAX_SACK_BLOCKS = 4;
    /** NOP NOP TIMESTAMPS 10: how nearly every segment begins (RFC 7323 appendix A). */
    private static final int PADDED_TIMESTAMPS = 0x0101_080a;

    private int mss;
    private int windowScale;
    private boolean sackPermitted;
    private boolean timestamps;
    private int timestampValue;
    private int timestampEcho;
    private int sackBlocks;
    private final int[] sackEdges = new int[2 * MAX_SACK_BLOCKS];
    private boolean ecnCounters;
    private final int[] counters = new int[COUNTERS];

    /**
     * Reads the options of a header that passed {@link TcpHeader#check}.
     *
     * @param at the TCP header's first byte
     */
    public void parse(final ByteBuffer buffer, final int at) {
        clear();
        final int end = at + TcpHeader.headerLength(buffer, at);
        int position = at + TcpHeader.BYTES;
        if (end - position == TIMESTAMPS_BYTES && Wire.i32(buffer, position) == PADDED_TIMESTAMPS) {
            timestamps(buffer, position + 2);
            return;
        }
        while (position < end) {
            final int kind = Wire.u8(buffer, position);
            if (kind == NO_OPERATION) {
                position++;
                continue;
            }
            if (kind == END || position + 1 >= end) {
                return;
            }
            final int length = Wire.u8(buffer, position + 1);
            if (length < 2 || position + length > end) {
                return;
            }
            take(buffer, position, kind, length);
            position += length;
        }
    }

    private void take(final ByteBuffer buffer, final int at, final int kind, final int length) {
        if (kind == MAXIMUM_SEGMENT_SIZE && length == 4) {
            mss = Wire.u16(buffer, at + 2);
        } else if (kind == WINDOW_SCALE && length == 3) {
            windowScale = Math.min(Wire.u8(buffer, at + 2), MAX_WINDOW_SCALE);
        } else if (kind == SACK_PERMITTED && length == 2) {
            sackPermitted = true;
        } else if (kind == TIMESTAMPS && length == 10) {
            timestamps(buffer, at);
        } else if (kind == SACK && (length - 2) % 8 == 0) {
            sackBlocks = Math.min((length - 2) / 8, MAX_SACK_BLOCKS);
            for (int edge = 0; edge < 2 * sackBlocks; edge++) {
                sackEdges[edge] = Wire.i32(buffer, at + 2 + edge * Integer.BYTES);
            }
        } else if (kind == ACCURATE_ECN_0 || kind == ACCURATE_ECN_1) {
            counters(buffer, at, kind == ACCURATE_ECN_1, length);
        }
    }

    /** One, two or all of them are there; if the length is another, none is taken. */
    private void counters(final ByteBuffer buffer, final int at, final boolean reversed, final int length) {
        final int there = (length - 2) / COUNTER_BYTES;
        if (there > COUNTERS || length != 2 + there * COUNTER_BYTES) {
            return;
        }
        ecnCounters = true;
        for (int i = 0; i < there; i++) {
            final int field = at + 2 + i * COUNTER_BYTES;
            counters[reversed ? COUNTERS - 1 - i : i] = Wire.u16(buffer, field) << 8 | Wire.u8(buffer, field + 2);
        }
    }

    private void timestamps(final ByteBuffer buffer, final int at) {
        timestamps = true;
        timestampValue = Wire.i32(buffer, at + 2);
        timestampEcho = Wire.i32(buffer, at + 6);
    }

    private void clear() {
        mss = 0;
        windowScale = -1;
        sackPermitted = false;
        timestamps = false;
        timestampValue = 0;
        timestampEcho = 0;
        sackBlocks = 0;
        ecnCounters = false;
        Arrays.fill(counters, -1);
    }

    /** @return maximum segment size that the sender can receive, in bytes; 0 if not told */
    public int mss() {
        return mss;
    }

    /** @return 0-14; -1 without the option (RFC 7323 section 2.3: greater values count as 14) */
    public int windowScale() {
        return windowScale;
    }

    public boolean sackPermitted() {
        return sackPermitted;
    }

    public boolean hasTimestamps() {
        return timestamps;
    }

    public int timestampValue() {
        return timestampValue;
    }

    public int timestampEcho() {
        return timestampEcho;
    }

    /** @return 0-4 */
    public int sackBlocks() {
        return sackBlocks;
    }

    public int sackLeft(final int block) {
        return sackEdges[2 * block];
    }

    public int sackRight(final int block) {
        return sackEdges[2 * block + 1];
    }

    /** @return true if there is an Accurate ECN option, perhaps without any counter */
    public boolean hasEcnCounters() {
        return ecnCounters;
    }

    /** @return the 24 low bits of a counter: of bytes with 0: ECT(0), 1: CE, 2: ECT(1); -1 if it is not there */
    public int ecnCounter(final int which) {
        return counters[which];
    }

    /**
     * Writes an Accurate ECN option of order 0 with the first so many counters, padded to a multiple of 4 bytes.
     *
     * @param values of bytes with ECT(0), CE, ECT(1)
     * @return position behind it
     */
    public static int writeEcnCounters(final ByteBuffer buffer, final int at, final int[] values, final int count) {
        final int length = 2 + count * COUNTER_BYTES;
        final int padding = -length & 3;
        int position = at;
        for (int i = 0; i < padding; i++) {
            Wire.put8(buffer, position++, NO_OPERATION);
        }
        Wire.put8(buffer, position++, ACCURATE_ECN_0);
        Wire.put8(buffer, position++, length);
        for (int i = 0; i < count; i++) {
            Wire.put8(buffer, position++, values[i] >>> 16);
            Wire.put16(buffer, position, values[i] & 0xffff);
            position += 2;
        }
        return position;
    }

    /** Writes the option, padded to 12 bytes. @return position behind it */
    public static int writeTimestamps(final ByteBuffer buffer, final int at, final int value, final int echo) {
        Wire.put32(buffer, at, PADDED_TIMESTAMPS);
        Wire.put32(buffer, at + 4, value);
        Wire.put32(buffer, at + 8, echo);
        return at + TIMESTAMPS_BYTES;
    }

    /** Writes the option. @return position behind it */
    public static int writeMss(final ByteBuffer buffer, final int at, final int mss) {
        Wire.put32(buffer, at, MAXIMUM_SEGMENT_SIZE << 24 | 4 << 16 | mss);
        return at + 4;
    }

    /** Writes the option, padded to 4 bytes. @return position behind it */
    public static int writeWindowScale(final ByteBuffer buffer, final int at, final int scale) {
        Wire.put32(buffer, at, NO_OPERATION << 24 | WINDOW_SCALE << 16 | 3 << 8 | scale);
        return at + 4;
    }

    /** Writes the option, padded to 4 bytes. @return position behind it */
    public static int writeSackPermitted(final ByteBuffer buffer, final int at) {
        Wire.put32(buffer, at, NO_OPERATION << 24 | NO_OPERATION << 16 | SACK_PERMITTED << 8 | 2);
        return at + 4;
    }

    /**
     * Writes a SACK option of {@code blocks} blocks, padded to a multiple of 4 bytes.
     *
     * @param edges left and right edge of each block
     * @return position behind it
     */
    public static int writeSack(final ByteBuffer buffer, final int at, final int[] edges, final int blocks) {
        Wire.put32(buffer, at, NO_OPERATION << 24 | NO_OPERATION << 16 | SACK << 8 | (2 + 8 * blocks));
        for (int edge = 0; edge < 2 * blocks; edge++) {
            Wire.put32(buffer, at + 4 + edge * Integer.BYTES, edges[edge]);
        }
        return at + 4 + 8 * blocks;
    }
}
