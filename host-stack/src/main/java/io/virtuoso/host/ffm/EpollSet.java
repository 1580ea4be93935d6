package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.host.ffm.Linux.EpollEvent;
import io.virtuoso.host.ffm.Linux.Timespec;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * An epoll instance with room for its answers.
 *
 * <p>{@link #await} and the accessors of its results belong to one thread and allocate nothing; add, modify and remove
 * may be called from any.
 */
public final class EpollSet implements AutoCloseable {
    private static final MethodHandle CREATE = Native.intFunction("epoll_create1", INT);
    private static final MethodHandle CTL = Native.intFunction("epoll_ctl", INT, INT, INT, LONG);
    private static final MethodHandle WAIT = Native.intFunction("epoll_wait", INT, LONG, INT, INT);
    private static final Optional<MethodHandle> PWAIT2 =
            Native.optionalIntFunction("epoll_pwait2", INT, LONG, INT, LONG, LONG);
    private static final MethodHandle PWAIT2_EXACT = PWAIT2.orElse(null);
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;

    private final int fd;
    private final int capacity;
    private final MemorySegment memory;
    private boolean hasNanoTimeouts = PWAIT2.isPresent();

    /**
     * A new set.
     *
     * @param capacity most answers of one {@link #await}
     * @throws IOException naming the errno, for instance EMFILE
     */
    public EpollSet(int capacity) throws IOException {
        this.capacity = capacity;
        this.memory = Arena.ofAuto().allocate(Timespec.BYTES + (long) capacity * EpollEvent.BYTES, Long.BYTES);
        this.fd = create();
        if (fd < 0) {
            throw new IOException("cannot make an epoll instance: " + Errno.describe(-fd));
        }
    }

    /** Watches a descriptor for EPOLL events of {@link Linux}; {@code data} comes back with them. 0 or minus errno. */
    public int add(int watched, int events, long data) {
        return control(Linux.EPOLL_CTL_ADD, watched, events, data);
    }

    /** Changes what a watched descriptor is watched for. */
    public int modify(int watched, int events, long data) {
        return control(Linux.EPOLL_CTL_MOD, watched, events, data);
    }

    /** Ends the watch; closing the last copy of a descriptor does so, too. */
    public int remove(int watched) {
        return control(Linux.EPOLL_CTL_DEL, watched, 0, 0L);
    }

    /**
     * Waits for events.
     *
     * @param timeoutNanos 0: only look; negative: without end; rounded up to milliseconds where the kernel knows no
     *     finer ones
     * @return how many answers there are; 0 also after a signal; minus errno
     */
    public int await(long timeoutNanos) {
        int result = timeoutNanos > 0 && hasNanoTimeouts ? waitNanos(timeoutNanos) : waitMillis(timeoutNanos);
        if (result == -Errno.ENOSYS && hasNanoTimeouts) {
            hasNanoTimeouts = false;
            result = waitMillis(timeoutNanos);
        }
        return result == -Errno.EINTR ? 0 : result;
    }

    /** Events of an answer, {@code index} below the last {@link #await}'s result. */
    public int events(int index) {
        return memory.get(ValueLayout.JAVA_INT_UNALIGNED, at(index) + EpollEvent.EVENTS);
    }

    /** What was given with the descriptor when it was added. */
    public long data(int index) {
        return memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at(index) + EpollEvent.DATA);
    }

    /** The set's own descriptor: itself something that can be watched. */
    public int fd() {
        return fd;
    }

    @Override
    public void close() {
        Libc.close(fd);
    }

    private static int create() {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) CREATE.invokeExact(state, Linux.EPOLL_CLOEXEC), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private int control(int operation, int watched, int events, long data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            MemorySegment event = arena.allocate(EpollEvent.BYTES, Long.BYTES);
            event.set(ValueLayout.JAVA_INT_UNALIGNED, EpollEvent.EVENTS, events);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, EpollEvent.DATA, data);
            return Native.result((int) CTL.invokeExact(state, fd, operation, watched, event.address()), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private int waitNanos(long timeoutNanos) {
        memory.set(ValueLayout.JAVA_LONG, Timespec.TV_SEC, timeoutNanos / NANOS_PER_SECOND);
        memory.set(ValueLayout.JAVA_LONG, Timespec.TV_NSEC, timeoutNanos % NANOS_PER_SECOND);
        try {
            MemorySegment state = Native.state();
            long address = memory.address();
            int result = (int) PWAIT2_EXACT.invokeExact(state, fd, address + Timespec.BYTES, capacity, address, 0L);
            return Native.result(result, state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private int waitMillis(long timeoutNanos) {
        long millis = timeoutNanos <= 0 ? Math.max(timeoutNanos, -1) : (timeoutNanos - 1) / NANOS_PER_MILLI + 1;
        int timeout = (int) Math.min(millis, Integer.MAX_VALUE);
        try {
            MemorySegment state = Native.state();
            int result = (int) WAIT.invokeExact(state, fd, memory.address() + Timespec.BYTES, capacity, timeout);
            return Native.result(result, state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private static long at(int index) {
        return Timespec.BYTES + (long) index * EpollEvent.BYTES;
    }
}
