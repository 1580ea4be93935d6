package io.virtuoso.host.tcp.script;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;

/** A non-blocking IPv4 stream socket of this thread's network namespace. Calls return what C returns, no errno. */
final class KernelSocket {
    static final int SOL_SOCKET = 1;
    static final int SO_REUSEADDR = 2;
    static final int SO_ERROR = 4;
    static final int SO_KEEPALIVE = 9;
    static final int SO_LINGER = 13;
    static final int IPPROTO_TCP = 6;
    static final int TCP_INFO = 11;

    static final int SHUT_RD = 0;
    static final int SHUT_WR = 1;

    private static final int AF_INET = 2;
    private static final int STREAM_NONBLOCK = 1 | 0x800 | 0x80000;
    private static final int MSG_PEEK_DONTWAIT = 0x2 | 0x40;
    private static final int MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
    private static final int INFO_BYTES = 104;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfShort BIG_SHORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN).withByteAlignment(1);
    private static final ValueLayout.OfInt BIG_INT =
            INT.withOrder(ByteOrder.BIG_ENDIAN).withByteAlignment(1);

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment scratch = arena.allocate(1 << 20);
    private final int fd;

    KernelSocket() {
        this(call("socket", AF_INET, STREAM_NONBLOCK, 0));
        setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    }

    private KernelSocket(int fd) {
        this.fd = fd;
        if (fd < 0) {
            throw new IllegalStateException("no socket");
        }
    }

    private static int call(String name, int a, int b, int c) {
        try {
            return (int) handle(name, INT, INT, INT).invokeExact(a, b, c);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MethodHandle handle(String name, ValueLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(INT, arguments));
    }

    private MemorySegment address(int ipv4, int port) {
        scratch.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
        scratch.set(BIG_SHORT, 2, (short) port);
        scratch.set(BIG_INT, 4, ipv4);
        return scratch;
    }

    private int withAddress(String name, int ipv4, int port) {
        try {
            return (int) handle(name, INT, ValueLayout.ADDRESS, INT).invokeExact(fd, address(ipv4, port), 16);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    void bind(int ipv4, int port) {
        if (withAddress("bind", ipv4, port) != 0) {
            throw new IllegalStateException("cannot bind");
        }
    }

    /** Begins to; the error, if any, is in SO_ERROR. */
    void connect(int ipv4, int port) {
        withAddress("connect", ipv4, port);
    }

    void listen() {
        try {
            int result = (int) handle("listen", INT, INT).invokeExact(fd, 16);
            if (result != 0) {
                throw new IllegalStateException("cannot listen");
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The next connection; null if there is none. */
    KernelSocket accept() {
        try {
            int accepted = (int) handle("accept4", INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, INT)
                    .invokeExact(fd, MemorySegment.NULL, MemorySegment.NULL, 0x800 | 0x80000);
            return accepted < 0 ? null : new KernelSocket(accepted);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    void setOption(int level, int option, int value) {
        setOption(level, option, value, 0, 4);
    }

    /** SO_LINGER of no time: the next close resets. */
    void resetOnClose() {
        setOption(SOL_SOCKET, SO_LINGER, 1, 0, 8);
    }

    private void setOption(int level, int option, int first, int second, int bytes) {
        scratch.set(INT, 0, first);
        scratch.set(INT, 4, second);
        try {
            int result = (int) handle("setsockopt", INT, INT, INT, ValueLayout.ADDRESS, INT)
                    .invokeExact(fd, level, option, scratch, bytes);
            if (result != 0) {
                throw new IllegalStateException("cannot set option " + option + " to " + first);
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    int errorOption() {
        return option(SOL_SOCKET, SO_ERROR, 4).get(INT, 0);
    }

    /** As struct tcp_info lies. */
    MemorySegment info() {
        return option(IPPROTO_TCP, TCP_INFO, INFO_BYTES);
    }

    private MemorySegment option(int level, int option, int bytes) {
        MemorySegment length = scratch.asSlice(512, 4);
        length.set(INT, 0, bytes);
        try {
            int result = (int) handle("getsockopt", INT, INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS)
                    .invokeExact(fd, level, option, scratch, length);
            if (result != 0) {
                throw new IllegalStateException("cannot get option " + option);
            }
            return scratch;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends all of it or fails. */
    void send(byte[] bytes) {
        MemorySegment.copy(bytes, 0, scratch, ValueLayout.JAVA_BYTE, 0, bytes.length);
        if (transfer("send", bytes.length, MSG_DONTWAIT_NOSIGNAL) != bytes.length) {
            throw new IllegalStateException("not all was sent");
        }
    }

    /** So many bytes at most; null: there is nothing, empty: end of stream. */
    byte[] receive(int most, boolean peek) {
        int length = transfer("recv", most, peek ? MSG_PEEK_DONTWAIT : MSG_DONTWAIT_NOSIGNAL);
        return length < 0 ? null : scratch.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    private int transfer(String name, int length, int flags) {
        try {
            return (int)
                    handle(name, INT, ValueLayout.ADDRESS, LONG, INT).invokeExact(fd, scratch, (long) length, flags);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param half {@link #SHUT_RD} or {@link #SHUT_WR} */
    void shutdown(int half) {
        try {
            int ignored = (int) handle("shutdown", INT, INT).invokeExact(fd, half);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    void close() {
        try {
            int ignored = (int) handle("close", INT).invokeExact(fd);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
