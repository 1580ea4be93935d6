package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/**
 * The header of a record in a UDP socket's rings: payload follows, and bytes without meaning up to a multiple of 8.
 *
 * <p>Accessors take the position of a copy of the header: in a ring it may wrap around.
 */
public final class Datagram {
    public static final int BYTES_OFFSET = 0;
    public static final int PORT_OFFSET = 4;
    public static final int FLAGS_OFFSET = 6;
    public static final int ADDRESS_OFFSET = 8;
    public static final int BYTES = 24;

    /** Most payload of one datagram: what fits into an IPv4 packet. */
    public static final int MAX = 65507;

    /** Flag: between sockets of one guest, as by 127.0.0.1. */
    public static final int LOOPBACK = 1;

    /** Argument of {@link Command#DATAGRAM_CONNECT}: only say whether a socket of this guest would receive. */
    public static final int PROBE = 1;

    private static final int ALIGNMENT = 8;

    private Datagram() {}

    /** Bytes that a datagram takes in a ring. */
    public static int recordBytes(int payloadBytes) {
        return BYTES + ((payloadBytes + ALIGNMENT - 1) & -ALIGNMENT);
    }

    /** Writes a header with an IPv4 address in host order. */
    public static void write(ByteBuffer buffer, int at, int payloadBytes, int address, int port, int flags) {
        write(buffer, at, payloadBytes, Addresses.IPV4_HIGH, Addresses.ipv4Low(address), port, flags);
    }

    /** Writes a header with an address of either family, see {@link Addresses}. */
    public static void write(
            ByteBuffer buffer, int at, int payloadBytes, long addressHigh, long addressLow, int port, int flags) {
        Views.setInt(buffer, at + BYTES_OFFSET, payloadBytes);
        Views.setShort(buffer, at + PORT_OFFSET, port);
        Views.setShort(buffer, at + FLAGS_OFFSET, flags);
        Views.setLong(buffer, at + ADDRESS_OFFSET, addressHigh);
        Views.setLong(buffer, at + ADDRESS_OFFSET + Long.BYTES, addressLow);
    }

    /** Bytes of payload, unchecked: any value. */
    public static int payloadBytes(ByteBuffer buffer, int at) {
        return Views.getInt(buffer, at + BYTES_OFFSET);
    }

    /** 0 to 65535. */
    public static int port(ByteBuffer buffer, int at) {
        return Views.getShort(buffer, at + PORT_OFFSET);
    }

    public static int flags(ByteBuffer buffer, int at) {
        return Views.getShort(buffer, at + FLAGS_OFFSET);
    }

    /** First word of the address. */
    public static long addressHigh(ByteBuffer buffer, int at) {
        return Views.getLong(buffer, at + ADDRESS_OFFSET);
    }

    /** Second word of the address. */
    public static long addressLow(ByteBuffer buffer, int at) {
        return Views.getLong(buffer, at + ADDRESS_OFFSET + Long.BYTES);
    }
}
