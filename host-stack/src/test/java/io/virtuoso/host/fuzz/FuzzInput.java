package io.virtuoso.host.fuzz;

import java.nio.ByteBuffer;

/** An input, read from its beginning as decisions and data. Behind its end there are zeros without end. */
public final class FuzzInput {
    private final byte[] bytes;
    private int position;

    public FuzzInput(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @return true at the end */
    public boolean isEmpty() {
        return position >= bytes.length;
    }

    /** @return 0 to 255 */
    public int u8() {
        return isEmpty() ? 0 : bytes[position++] & 0xff;
    }

    /** @return 0 to 65535 */
    public int u16() {
        return u8() << 8 | u8();
    }

    public int i32() {
        return u16() << 16 | u16();
    }

    public boolean flag() {
        return (u8() & 1) != 0;
    }

    /** @return true once in so many values, at most 256; at the end of the input false */
    public boolean oneIn(int values) {
        return u8() % values == 1;
    }

    /** @return 0 to {@code limit} - 1; limit at most 65536 */
    public int below(int limit) {
        return (limit <= 256 ? u8() : u16()) % limit;
    }

    public int oneOf(int... values) {
        return values[below(values.length)];
    }

    /** @return a small number of either sign, now and then any */
    public int near() {
        int value = u8();
        return value < 250 ? (value >> 1) * ((value & 1) == 0 ? 1 : -1) : i32();
    }

    /** Writes so many bytes of the input. */
    public void copyTo(ByteBuffer target, int at, int length) {
        for (int i = 0; i < length; i++) {
            target.put(at + i, (byte) u8());
        }
    }
}
