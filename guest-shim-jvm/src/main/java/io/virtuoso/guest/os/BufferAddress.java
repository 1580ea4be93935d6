package io.virtuoso.guest.os;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/** Where a direct buffer lies. The public ways to ask allocate an object each time. */
final class BufferAddress {
    private static final VarHandle ADDRESS = find();

    private BufferAddress() {}

    /** The address of a direct buffer's first byte (not of its position). */
    static long of(ByteBuffer direct) {
        if (!direct.isDirect()) {
            throw new IllegalArgumentException("a system call needs a direct buffer");
        }
        return (long) ADDRESS.get((Buffer) direct);
    }

    private static VarHandle find() {
        try {
            return MethodHandles.privateLookupIn(Buffer.class, MethodHandles.lookup())
                    .findVarHandle(Buffer.class, "address", long.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the package java.nio is not open to the Virtuoso agent", e);
        }
    }
}
