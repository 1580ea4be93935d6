package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * Multicast listener queries and reports of IPv6, of version 2 (RFC 3810 section 5), and reports of version 1 (RFC 2710).
 *
 * <pre>
 *   query     0      1      2          4           6          8       24
 *             | type | code | checksum | max delay | reserved | group | version 2: flags, interval, sources
 *   report 2  | type | 0    | checksum | reserved  | records  | each: kind, 0, sources 0, group
 *   report 1  | type | 0    | checksum | 0         | reserved | group
 * </pre>
 */
public final class MldMessage {
    public static final int QUERY = 130;
    public static final int REPORT = 131;
    public static final int DONE = 132;
    public static final int REPORT_2 = 143;
    /** Of queries and reports of version 1. */
    public static final int BYTES = 24;
    /** Of queries of version 2, without sources. */
    public static final int QUERY_2_BYTES = 28;
    /** Of reports of version 2, in front of the records. */
    public static final int HEADER_BYTES = 8;

    public static final int RECORD_BYTES = 20;
    /** Records that say: is heard, whoever sends; from now on; no longer. */
    public static final int IS_EXCLUDE = 2;

    public static final int TO_EXCLUDE = 4;
    public static final int TO_INCLUDE = 3;
    /** The second half of the address that reports of version 2 go to, ff02::16. */
    public static final long ROUTERS_LOW = 0x16;
    /** In front of each message: hop-by-hop options with a router alert (RFC 2711), and what comes then. */
    public static final int ALERT_BYTES = 8;

    private static final long ALERT = 0x00_05_02_00_00_01_00L | (long) Ipv6Header.PROTOCOL_ICMP << 56;
    private static final int DELAY = 4;
    private static final int GROUP = 8;
    private static final int EXPONENTIAL = 0x8000;

    private MldMessage() {}

    /** @return most milliseconds until an answer (RFC 3810 section 5.1.3) */
    public static int maxDelayMillis(final ByteBuffer buffer, final int at, final int length) {
        final int code = Wire.u16(buffer, at + DELAY);
        final boolean plain = length < QUERY_2_BYTES || code < EXPONENTIAL;
        return plain ? code : (code & 0xfff | 0x1000) << (code >>> 12 & 7) + 3;
    }

    /** @return the first half of the group that a query asks for; 0: all */
    public static long groupHigh(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + GROUP);
    }

    public static long groupLow(final ByteBuffer buffer, final int at) {
        return Wire.i64(buffer, at + GROUP + Long.BYTES);
    }

    public static void writeAlert(final ByteBuffer buffer, final int at) {
        Wire.put64(buffer, at, ALERT);
    }

    /** Writes the header of a report of version 2; its checksum is not yet right. */
    public static void writeReport(final ByteBuffer buffer, final int at, final int records) {
        Wire.put32(buffer, at, REPORT_2 << 24);
        Wire.put32(buffer, at + DELAY, records);
    }

    /** Writes a record of it about a group of the link. */
    public static void writeRecord(final ByteBuffer buffer, final int at, final int kind, final long groupLow) {
        Wire.put32(buffer, at, kind << 24);
        Wire.put64(buffer, at + 4, NdMessage.SOLICITED_NODE_HIGH);
        Wire.put64(buffer, at + 4 + Long.BYTES, groupLow);
    }

    /** Writes a report, or a done, of version 1; its checksum is not yet right. */
    public static void writeVersion1(final ByteBuffer buffer, final int at, final int type, final long groupLow) {
        Wire.put32(buffer, at, type << 24);
        Wire.put32(buffer, at + DELAY, 0);
        Wire.put64(buffer, at + GROUP, NdMessage.SOLICITED_NODE_HIGH);
        Wire.put64(buffer, at + GROUP + Long.BYTES, groupLow);
    }
}
