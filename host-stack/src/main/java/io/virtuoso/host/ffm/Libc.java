package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * File descriptors: open, close, read, write, pipes, event counters.
 *
 * <p>Every call returns what C returns, or minus errno. Safe from any thread; read, write and ring allocate nothing.
 */
public final class Libc {
    private static final MethodHandle OPEN = Native.variadic("open", 2, LONG, INT, INT);
    private static final MethodHandle CLOSE = Native.intFunction("close", INT);
    private static final MethodHandle READ = Native.longFunction("read", INT, LONG, LONG);
    private static final MethodHandle WRITE = Native.longFunction("write", INT, LONG, LONG);
    private static final MethodHandle READV = Native.longFunction("readv", INT, LONG, INT);
    private static final MethodHandle WRITEV = Native.longFunction("writev", INT, LONG, INT);
    private static final MethodHandle PIPE2 = Native.intFunction("pipe2", LONG, INT);
    private static final MethodHandle EVENTFD = Native.intFunction("eventfd", INT, INT);
    private static final MethodHandle FCNTL = Native.variadic("fcntl", 2, INT, INT, LONG);
    private static final MethodHandle IOCTL = Native.variadic("ioctl", 2, INT, LONG, LONG);

    /** The 64-bit 1 that rings a doorbell; its first byte is the one that goes into a pipe. */
    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 1L);

    private static final long ONE_ADDRESS = ONE.address();

    private Libc() {}

    /** Opens a file with O_ flags of {@link Linux} (O_CLOEXEC is added); creation is not meant here. */
    public static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            long name = arena.allocateFrom(path).address();
            return Native.result((int) OPEN.invokeExact(state, name, flags | Linux.O_CLOEXEC, 0), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Closes a descriptor; negative ones are left alone. */
    public static int close(int fd) {
        if (fd < 0) {
            return 0;
        }
        try {
            MemorySegment state = Native.state();
            return Native.result((int) CLOSE.invokeExact(state, fd), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Reads at most {@code length} bytes to {@code address}. */
    public static int read(int fd, long address, int length) {
        try {
            MemorySegment state = Native.state();
            return (int) Native.result((long) READ.invokeExact(state, fd, address, (long) length), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Writes at most {@code length} bytes from {@code address}. */
    public static int write(int fd, long address, int length) {
        try {
            MemorySegment state = Native.state();
            return (int) Native.result((long) WRITE.invokeExact(state, fd, address, (long) length), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Reads into the first {@code count} pieces of a vector. */
    public static int readv(int fd, IoVector vector, int count) {
        try {
            MemorySegment state = Native.state();
            return (int) Native.result((long) READV.invokeExact(state, fd, vector.address(), count), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Writes the first {@code count} pieces of a vector. */
    public static int writev(int fd, IoVector vector, int count) {
        try {
            MemorySegment state = Native.state();
            return (int) Native.result((long) WRITEV.invokeExact(state, fd, vector.address(), count), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /**
     * A pipe, close-on-exec, both ends non-blocking.
     *
     * @return read end in the lower, write end in the upper 32 bits; or minus errno
     */
    public static long pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
            int flags = Linux.O_NONBLOCK | Linux.O_CLOEXEC;
            int result = Native.result((int) PIPE2.invokeExact(state, ends.address(), flags), state);
            return result < 0 ? result : pair(ends);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** First of a pair of descriptors: a pipe's read end. */
    public static int first(long pair) {
        return (int) pair;
    }

    /** Second of a pair of descriptors: a pipe's write end. */
    public static int second(long pair) {
        return (int) (pair >>> 32);
    }

    /** An event counter at 0, non-blocking, close-on-exec. */
    public static int eventFd() {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) EVENTFD.invokeExact(state, 0, Linux.EFD_NONBLOCK | Linux.EFD_CLOEXEC), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Rings a doorbell that is a pipe: one byte. A full pipe gives -EAGAIN, which is as good as rung. */
    public static int ringPipe(int fd) {
        return write(fd, ONE_ADDRESS, 1);
    }

    /** Rings a doorbell that is an event counter. */
    public static int ringEventFd(int fd) {
        return write(fd, ONE_ADDRESS, Long.BYTES);
    }

    /** Adds O_NONBLOCK to a descriptor's status flags. */
    public static int setNonBlocking(int fd) {
        int flags = fcntl(fd, Linux.F_GETFL, 0L);
        return flags < 0 ? flags : fcntl(fd, Linux.F_SETFL, flags | Linux.O_NONBLOCK);
    }

    /** Whether a number is an open descriptor. */
    public static boolean isOpen(int fd) {
        return fcntl(fd, Linux.F_GETFD, 0L) >= 0;
    }

    /** Asks for a pipe's capacity in bytes; the kernel rounds up to pages. */
    public static int setPipeBytes(int fd, int bytes) {
        return fcntl(fd, Linux.F_SETPIPE_SZ, bytes);
    }

    /** Another number for the same open file, close-on-exec. */
    public static int duplicate(int fd) {
        return fcntl(fd, Linux.F_DUPFD_CLOEXEC, 0L);
    }

    static int fcntl(int fd, int command, long argument) {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) FCNTL.invokeExact(state, fd, command, argument), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    static int ioctl(int fd, int request, long argument) {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) IOCTL.invokeExact(state, fd, request & 0xffff_ffffL, argument), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Two descriptors in one number, see {@link #first} and {@link #second}. */
    static long pair(MemorySegment two) {
        long first = two.getAtIndex(ValueLayout.JAVA_INT, 0);
        long second = two.getAtIndex(ValueLayout.JAVA_INT, 1);
        return first | second << 32;
    }
}
