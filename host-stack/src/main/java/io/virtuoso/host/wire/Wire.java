package io.virtuoso.host.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Integers in network byte order at absolute positions of a buffer, whatever the buffer's own order, position or limit
 * (the capacity bounds every access).
 */
public final class Wire {
    private static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Wire() {}

    /** @return the unsigned byte at {@code at} */
    public static int u8(final ByteBuffer buffer, final int at) {
        return buffer.get(at) & 0xff;
    }

    public static void put8(final ByteBuffer buffer, final int at, final int value) {
        buffer.put(at, (byte) value);
    }

    /** @return the unsigned 16-bit integer at {@code at} */
    public static int u16(final ByteBuffer buffer, final int at) {
        return (short) SHORT.get(buffer, at) & 0xffff;
    }

    public static void put16(final ByteBuffer buffer, final int at, final int value) {
        SHORT.set(buffer, at, (short) value);
    }

    /** @return the 32-bit integer at {@code at}; sequence numbers and addresses are used as wrapping ints */
    public static int i32(final ByteBuffer buffer, final int at) {
        return (int) INT.get(buffer, at);
    }

    public static void put32(final ByteBuffer buffer, final int at, final int value) {
        INT.set(buffer, at, value);
    }

    /** @return the 64-bit integer at {@code at}: half an IPv6 address */
    public static long i64(final ByteBuffer buffer, final int at) {
        return (long) LONG.get(buffer, at);
    }

    public static void put64(final ByteBuffer buffer, final int at, final long value) {
        LONG.set(buffer, at, value);
    }

    /** @return the 48-bit MAC address at {@code at}, first byte most significant */
    public static long mac(final ByteBuffer buffer, final int at) {
        return (long) u16(buffer, at) << 32 | i32(buffer, at + Short.BYTES) & 0xffff_ffffL;
    }

    public static void putMac(final ByteBuffer buffer, final int at, final long mac) {
        put16(buffer, at, (int) (mac >>> 32));
        put32(buffer, at + Short.BYTES, (int) mac);
    }
}
