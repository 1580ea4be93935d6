package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/** What {@link Command#DATAGRAM_ERROR} writes into a context's info area; what was quoted of the payload follows. */
public final class DatagramError {
    public static final int ERROR_OFFSET = 0;
    public static final int MTU_OFFSET = 4;
    public static final int TYPE_OFFSET = 8;
    public static final int CODE_OFFSET = 10;
    public static final int PORT_OFFSET = 12;
    public static final int FLAGS_OFFSET = 14;
    public static final int BYTES_OFFSET = 16;
    public static final int RESERVED_OFFSET = 20;
    public static final int ADDRESS_OFFSET = 24;
    public static final int OFFENDER_OFFSET = 40;
    public static final int BYTES = 56;

    private DatagramError() {}

    /** Writes errno, next hop's MTU (0 unless the errno is EMSGSIZE), and type and code of the ICMP message. */
    public static void cause(ByteBuffer buffer, int at, int errno, int mtu, int type, int code) {
        Views.setInt(buffer, at + ERROR_OFFSET, errno);
        Views.setInt(buffer, at + MTU_OFFSET, mtu);
        Views.setShort(buffer, at + TYPE_OFFSET, type);
        Views.setShort(buffer, at + CODE_OFFSET, code);
    }

    /** Writes where the datagram was to go, see {@link Addresses}, and the {@link Datagram} flags it was sent with. */
    public static void destination(ByteBuffer buffer, int at, long addressHigh, long addressLow, int port, int flags) {
        Views.setShort(buffer, at + PORT_OFFSET, port);
        Views.setShort(buffer, at + FLAGS_OFFSET, flags);
        Views.setLong(buffer, at + ADDRESS_OFFSET, addressHigh);
        Views.setLong(buffer, at + ADDRESS_OFFSET + Long.BYTES, addressLow);
    }

    /** Writes who reported the error, and how many bytes of the payload follow. */
    public static void report(ByteBuffer buffer, int at, long offenderHigh, long offenderLow, int payloadBytes) {
        Views.setInt(buffer, at + BYTES_OFFSET, payloadBytes);
        Views.setInt(buffer, at + RESERVED_OFFSET, 0);
        Views.setLong(buffer, at + OFFENDER_OFFSET, offenderHigh);
        Views.setLong(buffer, at + OFFENDER_OFFSET + Long.BYTES, offenderLow);
    }
}
