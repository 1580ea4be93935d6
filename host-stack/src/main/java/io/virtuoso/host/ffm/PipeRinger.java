package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.host.ffm.Uring.IoUringCqe;
import io.virtuoso.host.ffm.Uring.IoUringParams;
import io.virtuoso.host.ffm.Uring.IoUringSqe;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Rings many doorbells that are pipes by one system call (io_uring), so that whom it wakes cannot interrupt it before all
 * are rung. Each is rung by a call of its own where that is not to be had: io_uring is switched off, or the kernel has no
 * writes to pipes that never wait.
 *
 * <p>One thread at a time; allocates nothing after {@link #open}.
 */
public final class PipeRinger implements AutoCloseable {
    private static final MethodHandle SETUP = Native.variadic("syscall", 1, LONG, LONG, LONG);
    private static final MethodHandle ENTER = Native.variadic("syscall", 1, LONG, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final int ENTRIES = 64;

    /** What is written. */
    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_BYTE, (byte) 1);

    private final int fd;
    private final MappedRegion ringMemory;
    private final MappedRegion entryMemory;
    private final ByteBuffer ring;
    private final ByteBuffer entries;
    private final int headAt;
    private final int tailAt;
    private final int doneHeadAt;
    private final int doneTailAt;
    private final int doneAt;
    private final int doneMask;
    private int tail;
    private int waiting;

    /** One that makes a call for each. */
    private PipeRinger() {
        fd = -1;
        ringMemory = null;
        entryMemory = null;
        ring = null;
        entries = null;
        headAt = tailAt = doneHeadAt = doneTailAt = doneAt = doneMask = 0;
    }

    private PipeRinger(int fd, ByteBuffer params, MappedRegion ringMemory, MappedRegion entryMemory) {
        this.fd = fd;
        this.ringMemory = ringMemory;
        this.entryMemory = entryMemory;
        this.ring = ringMemory.buffer();
        this.entries = entryMemory.buffer();
        this.headAt = params.getInt(IoUringParams.SQ_OFF__HEAD);
        this.tailAt = params.getInt(IoUringParams.SQ_OFF__TAIL);
        this.doneHeadAt = params.getInt(IoUringParams.CQ_OFF__HEAD);
        this.doneTailAt = params.getInt(IoUringParams.CQ_OFF__TAIL);
        this.doneAt = params.getInt(IoUringParams.CQ_OFF__CQES);
        this.doneMask = params.getInt(IoUringParams.CQ_ENTRIES) - 1;
        final int array = params.getInt(IoUringParams.SQ_OFF__ARRAY);
        for (int i = 0; i < ENTRIES; i++) {
            final int at = i * IoUringSqe.BYTES;
            ring.putInt(array + i * Integer.BYTES, i);
            entries.put(at + IoUringSqe.OPCODE, (byte) Uring.IORING_OP_WRITE);
            entries.put(at + IoUringSqe.FLAGS, (byte) Uring.IOSQE_CQE_SKIP_SUCCESS);
            entries.putLong(at + IoUringSqe.ADDR, ONE.address());
            entries.putInt(at + IoUringSqe.LEN, 1);
            entries.putInt(at + IoUringSqe.RW_FLAGS, Uring.RWF_NOWAIT);
        }
        this.tail = ring.getInt(tailAt);
    }

    /** One that makes one call for many, if this system allows it. */
    public static PipeRinger open() {
        final PipeRinger made = make();
        if (made.isBatching() && !made.works()) {
            made.close();
            return single();
        }
        return made;
    }

    /** One that makes a call for each, and has no descriptor. */
    public static PipeRinger single() {
        return new PipeRinger();
    }

    private static PipeRinger make() {
        final ByteBuffer params = ByteBuffer.allocateDirect(IoUringParams.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        final int fd = setUp(MemorySegment.ofBuffer(params).address());
        final int needed = Uring.IORING_FEAT_SINGLE_MMAP | Uring.IORING_FEAT_CQE_SKIP;
        MappedRegion rings = null;
        if (fd >= 0 && (params.getInt(IoUringParams.FEATURES) & needed) == needed) {
            try {
                rings = MappedRegion.map(fd, ringBytes(params), Uring.IORING_OFF_SQ_RING);
                return new PipeRinger(
                        fd, params, rings, MappedRegion.map(fd, ENTRIES * IoUringSqe.BYTES, Uring.IORING_OFF_SQES));
            } catch (IOException e) {
                if (rings != null) {
                    rings.close();
                }
            }
        }
        Libc.close(fd);
        return single();
    }

    private static int ringBytes(ByteBuffer params) {
        final int array = params.getInt(IoUringParams.SQ_OFF__ARRAY) + ENTRIES * Integer.BYTES;
        final int done =
                params.getInt(IoUringParams.CQ_OFF__CQES) + params.getInt(IoUringParams.CQ_ENTRIES) * IoUringCqe.BYTES;
        return Math.max(array, done);
    }

    private static int setUp(long params) {
        try {
            final MemorySegment state = Native.state();
            return Native.result(
                    (int) SETUP.invokeExact(state, (long) Uring.SYS_io_uring_setup, (long) ENTRIES, params), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Rings a pipe, to see whether the kernel does it at once. */
    private boolean works() {
        final long pipe = Libc.pipe();
        if (pipe < 0) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            final long read = arena.allocate(2).address();
            put(Libc.second(pipe));
            ring.putInt(tailAt, tail);
            waiting = 0;
            return enter(1) == 1
                    && ring.getInt(doneTailAt) == ring.getInt(doneHeadAt)
                    && Libc.read(Libc.first(pipe), read, 2) == 1;
        } finally {
            Libc.close(Libc.first(pipe));
            Libc.close(Libc.second(pipe));
        }
    }

    /** @return whether several are rung by one call */
    public boolean isBatching() {
        return fd >= 0;
    }

    /** Rings a pipe, by the next {@link #flush} at the latest; until then it has to stay open. */
    public void add(int pipe) {
        if (!isBatching()) {
            Libc.ringPipe(pipe);
            return;
        }
        put(pipe);
        if (waiting == ENTRIES) {
            flush();
        }
    }

    private void put(int pipe) {
        final int at = (tail & ENTRIES - 1) * IoUringSqe.BYTES;
        entries.putInt(at + IoUringSqe.FD, pipe);
        entries.putLong(at + IoUringSqe.USER_DATA, pipe);
        tail++;
        waiting++;
    }

    /** Rings all that were added. Whose pipe is full counts as rung. */
    public void flush() {
        if (waiting == 0) {
            return;
        }
        VarHandle.releaseFence();
        ring.putInt(tailAt, tail);
        final int taken = enter(waiting);
        if (taken != waiting) {
            ringRefused();
        }
        waiting = 0;
        ringFailed();
    }

    private int enter(int count) {
        try {
            final MemorySegment state = Native.state();
            return Native.result(
                    (int) ENTER.invokeExact(
                            state, (long) Uring.SYS_io_uring_enter, (long) fd, (long) count, 0L, 0L, 0L, 0L),
                    state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** What the kernel did not take is taken back, as the descriptors may be others' next time. */
    private void ringRefused() {
        VarHandle.acquireFence();
        final int head = ring.getInt(headAt);
        for (int i = head; i != tail; i++) {
            Libc.ringPipe(entries.getInt((i & ENTRIES - 1) * IoUringSqe.BYTES + IoUringSqe.FD));
        }
        tail = head;
        ring.putInt(tailAt, tail);
    }

    /** Failures are all that is told. A pipe that is full refuses once more, whatever else it was may be over. */
    private void ringFailed() {
        final int end = ring.getInt(doneTailAt);
        int head = ring.getInt(doneHeadAt);
        if (head == end) {
            return;
        }
        VarHandle.acquireFence();
        for (; head != end; head++) {
            final int at = doneAt + (head & doneMask) * IoUringCqe.BYTES;
            Libc.ringPipe((int) ring.getLong(at + IoUringCqe.USER_DATA));
        }
        VarHandle.releaseFence();
        ring.putInt(doneHeadAt, head);
    }

    /** Nothing is rung any more. */
    @Override
    public void close() {
        if (isBatching()) {
            ringMemory.close();
            entryMemory.close();
            Libc.close(fd);
        }
    }
}
