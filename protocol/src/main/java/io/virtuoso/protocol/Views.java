package io.virtuoso.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Little-endian views of a {@link ByteBuffer}; exact invocation, so every use compiles to one load or store. */
final class Views {
    static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();
    static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();
    static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private Views() {}

    static long getLong(ByteBuffer region, int offset) {
        return (long) LONG.get(region, offset);
    }

    static void setLong(ByteBuffer region, int offset, long value) {
        LONG.set(region, offset, value);
    }

    static long acquireLong(ByteBuffer region, int offset) {
        return (long) LONG.getAcquire(region, offset);
    }

    static void releaseLong(ByteBuffer region, int offset, long value) {
        LONG.setRelease(region, offset, value);
    }

    /** Stores a value unless a greater one is there. */
    static void raiseLong(ByteBuffer region, int offset, long value) {
        long seen = (long) LONG.getVolatile(region, offset);
        while (seen < value && !(boolean) LONG.compareAndSet(region, offset, seen, value)) {
            seen = (long) LONG.getVolatile(region, offset);
        }
    }

    static int getInt(ByteBuffer region, int offset) {
        return (int) INT.get(region, offset);
    }

    static void setInt(ByteBuffer region, int offset, int value) {
        INT.set(region, offset, value);
    }

    static int acquireInt(ByteBuffer region, int offset) {
        return (int) INT.getAcquire(region, offset);
    }

    static void releaseInt(ByteBuffer region, int offset, int value) {
        INT.setRelease(region, offset, value);
    }

    static int getShort(ByteBuffer region, int offset) {
        return (short) SHORT.get(region, offset) & 0xffff;
    }

    static void setShort(ByteBuffer region, int offset, int value) {
        SHORT.set(region, offset, (short) value);
    }

    /** Zeroes {@code bytes} (a multiple of 8) from {@code offset} (a multiple of 8). */
    static void zero(ByteBuffer region, int offset, int bytes) {
        for (int end = offset + bytes, at = offset; at < end; at += Long.BYTES) {
            setLong(region, at, 0L);
        }
    }

    /** Writes {@code text} as UTF-8, cut to fit with its terminating NUL, and zeroes the rest of the field. */
    static void putText(ByteBuffer buffer, int offset, int fieldBytes, String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(encoded.length, fieldBytes - 1);
        if (length < encoded.length) {
            while (length > 0 && (encoded[length] & 0xc0) == 0x80) {
                length--;
            }
        }
        for (int i = 0; i < fieldBytes; i++) {
            buffer.put(offset + i, i < length ? encoded[i] : 0);
        }
    }

    /** The NUL-terminated text of a field; a field without a NUL is taken whole, bytes that are no UTF-8 replaced. */
    static String text(ByteBuffer buffer, int offset, int fieldBytes) {
        byte[] copy = new byte[fieldBytes];
        buffer.get(offset, copy);
        int length = 0;
        while (length < fieldBytes && copy[length] != 0) {
            length++;
        }
        return new String(copy, 0, length, StandardCharsets.UTF_8);
    }
}
