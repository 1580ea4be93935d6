package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Sockets below IP: making, options, binding. Every call returns what C returns, or minus errno. */
final class RawSocket {
    private static final MethodHandle SETSOCKOPT = Native.intFunction("setsockopt", INT, INT, INT, LONG, INT);
    private static final MethodHandle GETSOCKOPT = Native.intFunction("getsockopt", INT, INT, INT, LONG, LONG);
    private static final MethodHandle BIND = Native.intFunction("bind", INT, LONG, INT);

    private RawSocket() {}

    /** A non-blocking socket of type SOCK_RAW that receives nothing until it is bound. */
    static int open(int family) {
        return UnixSocket.socket(family, Linux.SOCK_RAW | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC);
    }

    static int setOption(int fd, int level, int name, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setOption(fd, level, name, arena.allocateFrom(ValueLayout.JAVA_INT, value));
        }
    }

    static int setOption(int fd, int level, int name, MemorySegment value) {
        try {
            MemorySegment state = Native.state();
            int bytes = (int) value.byteSize();
            return Native.result((int) SETSOCKOPT.invokeExact(state, fd, level, name, value.address(), bytes), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Fills {@code value}. */
    static int getOption(int fd, int level, int name, MemorySegment value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, (int) value.byteSize());
            return getOption(fd, level, name, value.address(), length.address());
        }
    }

    /** The same with a length of 4 bytes at an address; allocates nothing. */
    static int getOption(int fd, int level, int name, long value, long length) {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) GETSOCKOPT.invokeExact(state, fd, level, name, value, length), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    static int bind(int fd, MemorySegment address) {
        try {
            MemorySegment state = Native.state();
            int bytes = (int) address.byteSize();
            return Native.result((int) BIND.invokeExact(state, fd, address.address(), bytes), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }
}
