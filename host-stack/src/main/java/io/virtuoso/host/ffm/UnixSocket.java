package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.protocol.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Unix domain sockets, all non-blocking and close-on-exec. Results are descriptors, or minus errno. */
public final class UnixSocket {
    private static final MethodHandle SOCKET = Native.intFunction("socket", INT, INT, INT);
    private static final MethodHandle SOCKETPAIR = Native.intFunction("socketpair", INT, INT, INT, LONG);
    private static final MethodHandle BIND = Native.intFunction("bind", INT, LONG, INT);
    private static final MethodHandle LISTEN = Native.intFunction("listen", INT, INT);
    private static final MethodHandle CONNECT = Native.intFunction("connect", INT, LONG, INT);
    private static final MethodHandle ACCEPT4 = Native.intFunction("accept4", INT, LONG, LONG, INT);
    private static final MethodHandle GETSOCKOPT = Native.intFunction("getsockopt", INT, INT, INT, LONG, LONG);
    private static final int FLAGS = Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC;

    private UnixSocket() {}

    /**
     * A listening socket at a path that does not exist yet.
     *
     * @param type {@link Linux#SOCK_STREAM} or {@link Linux#SOCK_SEQPACKET}
     */
    public static int listen(String path, int type, int backlog) {
        int fd = socket(Linux.AF_UNIX, type | FLAGS);
        if (fd < 0) {
            return fd;
        }
        int result = withAddress(BIND, fd, path);
        if (result >= 0) {
            result = listen(fd, backlog);
        }
        return closeIfFailed(fd, result);
    }

    /** A connected socket; -EAGAIN if the listener's backlog is full, -ECONNREFUSED if nobody listens. */
    public static int connect(String path, int type) {
        int fd = socket(Linux.AF_UNIX, type | FLAGS);
        if (fd < 0) {
            return fd;
        }
        return closeIfFailed(fd, withAddress(CONNECT, fd, path));
    }

    /** The next waiting connection, or -EAGAIN. */
    public static int accept(int listener) {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) ACCEPT4.invokeExact(state, listener, 0L, 0L, FLAGS), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Two connected sockets, see {@link Libc#first} and {@link Libc#second}; or minus errno. */
    public static long pair(int type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
            int result = Native.result(
                    (int) SOCKETPAIR.invokeExact(state, Linux.AF_UNIX, type | FLAGS, 0, ends.address()), state);
            return result < 0 ? result : Libc.pair(ends);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** SO_PEERCRED of a connected socket; empty if it has none. */
    public static Optional<PeerCredentials> peer(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            MemorySegment ucred = arena.allocate(Linux.Ucred.BYTES, Long.BYTES);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Linux.Ucred.BYTES);
            int result = (int) GETSOCKOPT.invokeExact(
                    state, fd, Linux.SOL_SOCKET, Linux.SO_PEERCRED, ucred.address(), length.address());
            int pid = ucred.get(ValueLayout.JAVA_INT, Linux.Ucred.PID);
            if (result < 0 || pid == 0) {
                return Optional.empty();
            }
            return Optional.of(new PeerCredentials(
                    pid,
                    ucred.get(ValueLayout.JAVA_INT, Linux.Ucred.UID),
                    ucred.get(ValueLayout.JAVA_INT, Linux.Ucred.GID)));
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    static int socket(int family, int type) {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) SOCKET.invokeExact(state, family, type, 0), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private static int listen(int fd, int backlog) {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) LISTEN.invokeExact(state, fd, backlog), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private static int withAddress(MethodHandle call, int fd, String path) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        if (name.length >= Linux.SockaddrUn.BYTES - Linux.SockaddrUn.SUN_PATH) {
            return -Errno.ENAMETOOLONG;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            MemorySegment address = arena.allocate(Linux.SockaddrUn.BYTES, Long.BYTES);
            address.set(ValueLayout.JAVA_SHORT, Linux.SockaddrUn.SUN_FAMILY, (short) Linux.AF_UNIX);
            MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, Linux.SockaddrUn.SUN_PATH, name.length);
            return Native.result((int) call.invokeExact(state, fd, address.address(), Linux.SockaddrUn.BYTES), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private static int closeIfFailed(int fd, int result) {
        if (result < 0) {
            Libc.close(fd);
            return result;
        }
        return fd;
    }
}
