package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * Options of an IPv4 header (RFC 791 section 3.1), as Linux takes them. Of unknown ones only the length is looked at.
 * Security labels (CIPSO) name a domain that must be known, and here none is, as on a Linux that was not told of any: whoever
 * relies on labels is not to be served as if they meant nothing.
 *
 * <pre>
 *   0      1        2         3
 *   | type | length | pointer | data, or of a timestamp: overflow, flag, data |
 * </pre>
 *
 * Types 0 (end) and 1 (padding) are one byte. A pointer counts from 1; with one behind the data there is no room.
 */
public final class Ipv4Options {
    /** Nothing is wrong. */
    public static final int SOUND = 0;
    /** Nothing is malformed, but the packet has a source route. */
    public static final int SOURCE_ROUTE = -1;
    /** Of {@link #reflect}: an entry does not fit. */
    public static final int NO_ROOM = -1;

    private static final int END = 0;
    private static final int PADDING = 1;
    private static final int RECORD_ROUTE = 7;
    private static final int TIMESTAMP = 0x44;
    private static final int LOOSE_ROUTE = 0x83;
    private static final int CIPSO = 0x86;
    private static final int STRICT_ROUTE = 0x89;
    private static final int ROUTER_ALERT = 0x94;

    private static final int LENGTH = 1;
    private static final int POINTER = 2;
    private static final int FLAG = 3;
    private static final int DOMAIN = 2;
    private static final int CIPSO_BYTES = 8;
    private static final int FLAG_BITS = 0xf;
    private static final int OVERFLOW = 0x10;
    private static final int TIME_ONLY = 0;
    private static final int TIME_AND_ADDRESS = 1;
    private static final int TIME_OF_NAMED = 3;
    private static final int NOTHING_WRONG = -1;

    private Ipv4Options() {}

    /**
     * Checks the options of a received packet.
     *
     * @param headerLength of the IP header, in bytes, which has been checked
     * @return {@link #SOUND}, {@link #SOURCE_ROUTE}, or which byte of the IP header makes no sense
     */
    public static int check(final ByteBuffer buffer, final int ipAt, final int headerLength) {
        int kinds = 0;
        int at = Ipv4Header.BYTES;
        while (at < headerLength && Wire.u8(buffer, ipAt + at) != END) {
            if (Wire.u8(buffer, ipAt + at) == PADDING) {
                at++;
                continue;
            }
            final int length = at + 1 < headerLength ? length(buffer, ipAt + at) : 0;
            if (length < 2 || at + length > headerLength) {
                return at;
            }
            final int kind = kind(Wire.u8(buffer, ipAt + at));
            final int wrong = (kinds & kind) != 0 ? 0 : wrongByte(buffer, ipAt + at, length);
            if (wrong != NOTHING_WRONG) {
                return at + wrong;
            }
            kinds |= kind;
            at += length;
        }
        return (kinds & kind(LOOSE_ROUTE)) != 0 ? SOURCE_ROUTE : SOUND;
    }

    /**
     * Makes those of an echo reply of an echo request's, which have been checked, and in the same place: record route and
     * timestamp get an entry for the request's arrival and one for the reply's departure, as far as there is room. All
     * others are left out.
     *
     * @param address      our own, an IPv4 address
     * @param millis       since midnight, UTC
     * @return bytes of options, a multiple of 4; {@link #NO_ROOM}: part of an entry would fit, so that there is no reply
     */
    public static int reflect(
            final ByteBuffer buffer, final int ipAt, final int headerLength, final int address, final int millis) {
        int at = Ipv4Header.BYTES;
        int end = Ipv4Header.BYTES;
        while (at < headerLength && Wire.u8(buffer, ipAt + at) != END) {
            final int type = Wire.u8(buffer, ipAt + at);
            final int length = type == PADDING ? 1 : length(buffer, ipAt + at);
            if (type == RECORD_ROUTE || type == TIMESTAMP) {
                if (!note(buffer, ipAt + at, type, address, millis)) {
                    return NO_ROOM;
                }
                buffer.put(ipAt + end, buffer, ipAt + at, length);
                end += length;
            }
            at += length;
        }
        for (; end % Integer.BYTES != 0; end++) {
            Wire.put8(buffer, ipAt + end, END);
        }
        return end - Ipv4Header.BYTES;
    }

    /** Once for the arrival, once for the departure. */
    private static boolean note(
            final ByteBuffer buffer, final int at, final int type, final int address, final int millis) {
        final boolean full = Wire.u8(buffer, at + POINTER) > length(buffer, at);
        if (type == TIMESTAMP && full && flag(buffer, at) != TIME_OF_NAMED) {
            Wire.put8(buffer, at + FLAG, Wire.u8(buffer, at + FLAG) + OVERFLOW);
        }
        boolean fits = true;
        for (int entry = 0; entry < 2 && fits; entry++) {
            fits = type == RECORD_ROUTE ? record(buffer, at, address) : stamp(buffer, at, address, millis);
        }
        return fits;
    }

    /** @return false if part of the entry would fit */
    private static boolean record(final ByteBuffer buffer, final int at, final int address) {
        final int pointer = Wire.u8(buffer, at + POINTER);
        if (pointer - 1 + Integer.BYTES <= length(buffer, at)) {
            Wire.put32(buffer, at + pointer - 1, address);
            Wire.put8(buffer, at + POINTER, pointer + Integer.BYTES);
            return true;
        }
        return pointer > length(buffer, at);
    }

    private static boolean stamp(final ByteBuffer buffer, final int at, final int address, final int millis) {
        final int pointer = Wire.u8(buffer, at + POINTER);
        final int flag = flag(buffer, at);
        final int end = pointer - 1 + stampBytes(buffer, at);
        if (end > length(buffer, at)) {
            return pointer > length(buffer, at) || flag == TIME_OF_NAMED;
        }
        final boolean others = flag == TIME_OF_NAMED && Wire.i32(buffer, at + pointer - 1) != address;
        if (others || flag != TIME_ONLY && flag != TIME_AND_ADDRESS && flag != TIME_OF_NAMED) {
            return true;
        }
        if (flag == TIME_AND_ADDRESS) {
            Wire.put32(buffer, at + pointer - 1, address);
        }
        Wire.put32(buffer, at + end - Integer.BYTES, millis);
        Wire.put8(buffer, at + POINTER, end + 1);
        return true;
    }

    private static int length(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + LENGTH);
    }

    /** Of each kind there may be one; 0: of any other there may be several. */
    private static int kind(final int type) {
        return switch (type) {
            case RECORD_ROUTE -> 1;
            case TIMESTAMP -> 2;
            case LOOSE_ROUTE, STRICT_ROUTE -> 4;
            default -> 0;
        };
    }

    private static int wrongByte(final ByteBuffer buffer, final int at, final int length) {
        return switch (Wire.u8(buffer, at)) {
            case RECORD_ROUTE -> wrongByte(buffer, at, POINTER + 1, Integer.BYTES);
            case LOOSE_ROUTE, STRICT_ROUTE -> wrongByte(buffer, at, POINTER + 1, 1);
            case TIMESTAMP -> {
                final int wrong = wrongByte(buffer, at, FLAG + 1, stampBytes(buffer, at));
                yield wrong == NOTHING_WRONG && hasOverflown(buffer, at) ? FLAG : wrong;
            }
            case ROUTER_ALERT -> length < 4 ? LENGTH : NOTHING_WRONG;
            case CIPSO -> length < CIPSO_BYTES ? LENGTH : DOMAIN;
            default -> NOTHING_WRONG;
        };
    }

    /**
     * @param dataAt least length, after which comes what the pointer points to
     * @param entry bytes that must be there if the pointer says that there is room
     */
    private static int wrongByte(final ByteBuffer buffer, final int at, final int dataAt, final int entry) {
        final int length = length(buffer, at);
        if (length < dataAt) {
            return LENGTH;
        }
        final int pointer = Wire.u8(buffer, at + POINTER);
        return pointer <= dataAt || pointer <= length && pointer - 1 + entry > length ? POINTER : NOTHING_WRONG;
    }

    private static int flag(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + FLAG) & FLAG_BITS;
    }

    private static int stampBytes(final ByteBuffer buffer, final int at) {
        final int flag = length(buffer, at) > FLAG ? flag(buffer, at) : TIME_ONLY;
        return flag == TIME_AND_ADDRESS || flag == TIME_OF_NAMED ? 2 * Integer.BYTES : Integer.BYTES;
    }

    /** No room, and more stations already found none than can be counted. */
    private static boolean hasOverflown(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + POINTER) > length(buffer, at)
                && Wire.u8(buffer, at + FLAG) >>> 4 == 0xf
                && flag(buffer, at) != TIME_OF_NAMED;
    }
}
