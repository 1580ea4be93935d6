package io.virtuoso.guest.os;

import io.virtuoso.guest.core.Threads;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;

/** A few bytes outside the heap that one system call at a time uses: for errno, a timespec, an integer. */
public final class Scratch {
    static final int ERRNO = 0;
    static final int TIMESPEC = 16;
    static final int ONE = 32; // always holds the 8-byte integer 1
    private static final int BYTES = 64;

    private final ByteBuffer bytes;
    private final long address;
    private final Object view;

    private Scratch(Function<ByteBuffer, Object> viewer) {
        this.bytes = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder());
        this.address = BufferAddress.of(bytes);
        this.view = viewer.apply(bytes);
        bytes.putLong(ONE, 1);
    }

    ByteBuffer bytes() {
        return bytes;
    }

    long address() {
        return address;
    }

    /** What the implementation made of the bytes when they were allocated. */
    public Object view() {
        return view;
    }

    /** The errno that the last call left, if the implementation keeps it here. */
    public int errno() {
        return bytes.getInt(ERRNO);
    }

    /**
     * Hands out scratch bytes: a platform thread has its own. Virtual ones, which may be many and make few calls
     * themselves, borrow from a small stock, and go on with new bytes when it is empty.
     */
    static final class Pool {
        private static final int STOCK = 64; // a power of two

        private final Function<ByteBuffer, Object> viewer;
        private final ThreadLocal<Scratch> own;
        private final AtomicReferenceArray<Scratch> stock = new AtomicReferenceArray<>(STOCK);

        Pool(Function<ByteBuffer, Object> viewer) {
            this.viewer = viewer;
            this.own = ThreadLocal.withInitial(() -> new Scratch(viewer));
        }

        Scratch take() {
            Thread thread = Thread.currentThread();
            if (!Threads.isVirtual(thread)) {
                return own.get();
            }
            Scratch scratch = stock.getAndSet(place(thread), null);
            return scratch != null ? scratch : new Scratch(viewer);
        }

        void give(Scratch scratch) {
            Thread thread = Thread.currentThread();
            if (Threads.isVirtual(thread)) {
                stock.setRelease(place(thread), scratch);
            }
        }

        private static int place(Thread thread) {
            return System.identityHashCode(thread) & (STOCK - 1);
        }
    }
}
