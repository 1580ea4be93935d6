package io.virtuoso.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Flyweight over one 128-byte message of the guest's Unix socket, or of a virtual machine's vsock connection.
 *
 * <p>Wrap a buffer with at least 128 bytes, then read or {@link #begin} and write. Not for sharing between threads.
 */
public final class AttachMessage {
    public static final int MAGIC_OFFSET = 0;
    public static final int TYPE_OFFSET = 4;
    public static final int ABI_MAJOR_OFFSET = 6;
    public static final int ABI_MINOR_OFFSET = 8;
    public static final int KIND_OFFSET = 10;
    public static final int ERROR_OFFSET = 12;
    public static final int PID_OFFSET = 16;
    public static final int KEY_OFFSET = 20;
    public static final int VALUE_OFFSET = 24;
    public static final int FEATURES_OFFSET = 32;
    public static final int TEXT_OFFSET = 40;
    public static final int BYTES = 128;

    /** First word of every message: "VTS1". */
    public static final int MAGIC = 0x56545331;

    /** The host's vsock port where programs of virtual machines attach. */
    public static final int VSOCK_PORT = 22_100;

    /** In a virtual machine: vectors of its ivshmem device ring, both ways. Since ABI 2.5. */
    public static final long FEATURE_VECTORS = 1;

    /** Bytes of the text field with its NUL. */
    public static final int TEXT_BYTES = 88;

    private ByteBuffer buffer;

    /** Looks at the first 128 bytes of a buffer from now on. */
    public AttachMessage wrap(ByteBuffer message) {
        if (message.limit() < BYTES) {
            throw new IllegalArgumentException("a message has 128 bytes, this buffer " + message.limit());
        }
        buffer = message.order(ByteOrder.LITTLE_ENDIAN);
        return this;
    }

    /** Zeroes the message and fills in magic, type and our ABI version. */
    public AttachMessage begin(int type) {
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            Views.setLong(buffer, i, 0L);
        }
        Views.setInt(buffer, MAGIC_OFFSET, MAGIC);
        Views.setShort(buffer, TYPE_OFFSET, type);
        Views.setShort(buffer, ABI_MAJOR_OFFSET, Abi.MAJOR);
        Views.setShort(buffer, ABI_MINOR_OFFSET, Abi.MINOR);
        return this;
    }

    /**
     * What is wrong with a message just received.
     *
     * @param bytes how many arrived
     * @return null if it can be read, else a sentence for people (it fits into a REFUSED's text)
     */
    public String check(int bytes) {
        if (bytes != BYTES) {
            return "a message has " + BYTES + " bytes, not " + bytes;
        }
        if (Views.getInt(buffer, MAGIC_OFFSET) != MAGIC) {
            return "the message does not begin with VTS1";
        }
        int major = abiMajor();
        if (major != Abi.MAJOR) {
            return "ABI version " + major + " offered, the host stack speaks " + Abi.MAJOR;
        }
        return null;
    }

    /** {@link MessageType}, or any other number up to 65535. */
    public int type() {
        return Views.getShort(buffer, TYPE_OFFSET);
    }

    public int abiMajor() {
        return Views.getShort(buffer, ABI_MAJOR_OFFSET);
    }

    public int abiMinor() {
        return Views.getShort(buffer, ABI_MINOR_OFFSET);
    }

    /** {@link GuestKind} in a HELLO. */
    public int kind() {
        return Views.getShort(buffer, KIND_OFFSET);
    }

    public AttachMessage kind(int kind) {
        Views.setShort(buffer, KIND_OFFSET, kind);
        return this;
    }

    /** Errno of an answer, 0 if it worked. */
    public int error() {
        return Views.getInt(buffer, ERROR_OFFSET);
    }

    public AttachMessage error(int errno) {
        Views.setInt(buffer, ERROR_OFFSET, errno);
        return this;
    }

    /** Process id as the guest sees itself: for people only, the host trusts SO_PEERCRED. */
    public int pid() {
        return Views.getInt(buffer, PID_OFFSET);
    }

    public AttachMessage pid(int pid) {
        Views.setInt(buffer, PID_OFFSET, pid);
        return this;
    }

    /** In a virtual machine: which attachment a connection belongs to. Since ABI 2.4. */
    public int key() {
        return Views.getInt(buffer, KEY_OFFSET);
    }

    public AttachMessage key(int key) {
        Views.setInt(buffer, KEY_OFFSET, key);
        return this;
    }

    public long value() {
        return Views.getLong(buffer, VALUE_OFFSET);
    }

    public AttachMessage value(long value) {
        Views.setLong(buffer, VALUE_OFFSET, value);
        return this;
    }

    /** The value as a slot index; see {@link #generation}. */
    public int slot() {
        return (int) value();
    }

    /** The upper half of the value. */
    public int generation() {
        return (int) (value() >>> 32);
    }

    public AttachMessage slotAndGeneration(int slot, int generation) {
        return value((slot & 0xffff_ffffL) | (long) generation << 32);
    }

    /**
     * The value as a place in a virtual machine's memory: offset and length, multiples of 4096 bytes below 16 TiB. Since
     * ABI 2.4.
     */
    public AttachMessage place(long offset, long bytes) {
        return value(offset / RegionLayout.PAGE | bytes / RegionLayout.PAGE << 32);
    }

    /** Where the place begins, bytes. */
    public long placeOffset() {
        return (value() & 0xffff_ffffL) * RegionLayout.PAGE;
    }

    /** The place's length, bytes. */
    public long placeBytes() {
        return (value() >>> 32) * RegionLayout.PAGE;
    }

    public long features() {
        return Views.getLong(buffer, FEATURES_OFFSET);
    }

    public AttachMessage features(long features) {
        Views.setLong(buffer, FEATURES_OFFSET, features);
        return this;
    }

    /** Program name of a HELLO, reason of a REFUSED; as the peer wrote it, control characters included. */
    public String text() {
        return Views.text(buffer, TEXT_OFFSET, TEXT_BYTES);
    }

    /** Cut to 87 bytes of UTF-8. */
    public AttachMessage text(String text) {
        Views.putText(buffer, TEXT_OFFSET, TEXT_BYTES, text);
        return this;
    }
}
