package io.virtuoso.guest.os;

import io.virtuoso.protocol.Errno;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/**
 * All calls as numbered system calls of Linux on x86-64, which is what the host stack's machines are; so an
 * implementation has to provide one function, syscall(2).
 */
public abstract class LinuxOs extends Os {
    private static final int SYS_READ = 0;
    private static final int SYS_WRITE = 1;
    private static final int SYS_OPEN = 2;
    private static final int SYS_CLOSE = 3;
    private static final int SYS_DUP2 = 33;
    private static final int SYS_SOCKET = 41;
    private static final int SYS_CONNECT = 42;
    private static final int SYS_SENDTO = 44;
    private static final int SYS_SENDMSG = 46;
    private static final int SYS_RECVMSG = 47;
    private static final int SYS_BIND = 49;
    private static final int SYS_GETPEERNAME = 52;
    private static final int SYS_FCNTL = 72;
    private static final int SYS_PPOLL = 271;
    private static final int SYS_EVENTFD2 = 290;

    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCKADDR_IN6_BYTES = 28;
    private static final int AF_VSOCK = 40;
    private static final int VSOCK_ADDRESS_BYTES = 16;
    private static final int VSOCK_PORT = 4;
    private static final int VSOCK_CID = 8;
    private static final int HOST_CID = 2;
    private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
    private static final int SOCK_SEQPACKET_CLOEXEC = 5 | 0x80000;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80000 | 0x800;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GET_SEALS = 1034;
    private static final int F_SEAL_SHRINK = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_RDWR_CLOEXEC = 2 | 0x80000;
    private static final int POLLIN = 1;
    private static final int POLLFD_BYTES = 8;
    private static final int MAX_PATH_BYTES = 107;
    private static final String NULL_DEVICE = "/dev/null";
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;

    private final Scratch.Pool scratches;

    /**
     * For the implementations.
     *
     * @param viewer makes of scratch bytes what {@link Scratch#view} gives back
     * @throws IllegalStateException if this is another system
     */
    protected LinuxOs(Function<ByteBuffer, Object> viewer) {
        String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!system.equals("Linux on amd64")) {
            throw new IllegalStateException("JVM guests need Linux on amd64; this is " + system);
        }
        this.scratches = new Scratch.Pool(viewer);
    }

    /** syscall(2). @return its result, -1 if it failed: then {@link #lastErrno} follows in the same thread */
    protected abstract long call(Scratch scratch, long number, long a, long b, long c, long d, long e);

    /** The errno of the last failed {@link #call}. */
    protected abstract int lastErrno(Scratch scratch);

    /** A call of three arguments. @return its result or -errno */
    final long call(long number, long a, long b, long c) {
        Scratch scratch = scratches.take();
        try {
            return result(scratch, call(scratch, number, a, b, c, 0, 0));
        } finally {
            scratches.give(scratch);
        }
    }

    private long result(Scratch scratch, long result) {
        return result != -1 ? result : -lastErrno(scratch);
    }

    // ---- descriptors -------------------------------------------------------------------------

    @Override
    public final int eventfd() {
        return (int) call(SYS_EVENTFD2, 0, EFD_CLOEXEC_NONBLOCK, 0);
    }

    @Override
    public final long read(int fd, ByteBuffer direct) {
        try {
            return call(SYS_READ, fd, BufferAddress.of(direct) + direct.position(), direct.remaining());
        } finally {
            Reference.reachabilityFence(direct);
        }
    }

    @Override
    public final int writeEight(int fd) {
        Scratch scratch = scratches.take();
        try {
            long written = call(scratch, SYS_WRITE, fd, scratch.address() + Scratch.ONE, Long.BYTES, 0, 0);
            return written >= 0 ? 0 : -lastErrno(scratch);
        } finally {
            scratches.give(scratch);
        }
    }

    @Override
    public final int poll(ByteBuffer pollfds, int count, long timeoutNanos) {
        if (count < 0 || count > pollfds.capacity() / POLLFD_BYTES) {
            throw new IndexOutOfBoundsException("pollfds for " + count);
        }
        Scratch scratch = scratches.take();
        try {
            long timeout = 0;
            if (timeoutNanos >= 0) {
                ByteBuffer bytes = scratch.bytes();
                bytes.putLong(Scratch.TIMESPEC, timeoutNanos / NANOS_PER_SECOND);
                bytes.putLong(Scratch.TIMESPEC + Long.BYTES, timeoutNanos % NANOS_PER_SECOND);
                timeout = scratch.address() + Scratch.TIMESPEC;
            }
            long ready = call(scratch, SYS_PPOLL, BufferAddress.of(pollfds), count, timeout, 0, 0);
            return (int) result(scratch, ready);
        } finally {
            scratches.give(scratch);
            Reference.reachabilityFence(pollfds);
        }
    }

    @Override
    final boolean isSealedAgainstShrinking(int fd) {
        long seals = call(SYS_FCNTL, fd, F_GET_SEALS, 0);
        return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
    }

    @Override
    public final void setNonBlocking(int fd) {
        long flags = call(SYS_FCNTL, fd, F_GETFL, 0);
        if (flags >= 0) {
            call(SYS_FCNTL, fd, F_SETFL, flags | O_NONBLOCK);
        }
    }

    @Override
    public final void close(int fd) {
        call(SYS_CLOSE, fd, 0, 0);
    }

    @Override
    public final int duplicate(int fd) {
        return (int) call(SYS_FCNTL, fd, F_DUPFD_CLOEXEC, 0);
    }

    @Override
    public final void discard(int fd) {
        ByteBuffer path = direct(NULL_DEVICE.length() + 1).put(NULL_DEVICE.getBytes(StandardCharsets.US_ASCII));
        try {
            int device = (int) call(SYS_OPEN, BufferAddress.of(path), O_RDWR_CLOEXEC, 0);
            if (device >= 0) {
                call(SYS_DUP2, device, fd, 0);
                close(device);
            }
        } finally {
            Reference.reachabilityFence(path);
        }
    }

    // ---- packets -----------------------------------------------------------------------------

    @Override
    public final int connectSeqpacket(String path) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        if (name.length > MAX_PATH_BYTES) {
            return -Errno.ENAMETOOLONG;
        }
        ByteBuffer address = direct(Short.BYTES + MAX_PATH_BYTES + 1);
        address.putShort((short) AF_UNIX).put(name);
        return connect(AF_UNIX, SOCK_SEQPACKET_CLOEXEC, address);
    }

    @Override
    public final int connectVsock(int port) {
        ByteBuffer address = direct(VSOCK_ADDRESS_BYTES).putShort(0, (short) AF_VSOCK);
        address.putInt(VSOCK_PORT, port).putInt(VSOCK_CID, HOST_CID);
        return connect(AF_VSOCK, SOCK_STREAM_CLOEXEC, address);
    }

    @Override
    public final int bindToAny(int port) {
        int fd = (int) call(SYS_SOCKET, AF_INET6, SOCK_STREAM_CLOEXEC, 0);
        boolean six = fd >= 0;
        fd = six ? fd : (int) call(SYS_SOCKET, AF_INET, SOCK_STREAM_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        ByteBuffer address = direct(SOCKADDR_IN6_BYTES).putShort((short) (six ? AF_INET6 : AF_INET));
        address.order(ByteOrder.BIG_ENDIAN).putShort((short) port);
        try {
            int outcome = (int) call(SYS_BIND, fd, BufferAddress.of(address), SOCKADDR_IN6_BYTES);
            if (outcome < 0) {
                close(fd);
                return outcome;
            }
            return fd;
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    @Override
    public final int hostPort(int fd) {
        ByteBuffer address = direct(VSOCK_ADDRESS_BYTES);
        ByteBuffer length = direct(Integer.BYTES).putInt(0, address.capacity());
        try {
            long outcome = call(SYS_GETPEERNAME, fd, BufferAddress.of(address), BufferAddress.of(length));
            boolean host = outcome == 0 && address.getShort(0) == AF_VSOCK && address.getInt(VSOCK_CID) == HOST_CID;
            return host ? address.getInt(VSOCK_PORT) : -1;
        } finally {
            Reference.reachabilityFence(address);
            Reference.reachabilityFence(length);
        }
    }

    @Override
    public final String abstractPeer(int fd) {
        ByteBuffer address = direct(Short.BYTES + MAX_PATH_BYTES + 1);
        ByteBuffer length = direct(Integer.BYTES).putInt(0, address.capacity());
        try {
            long outcome = call(SYS_GETPEERNAME, fd, BufferAddress.of(address), BufferAddress.of(length));
            int bytes = Math.min(length.getInt(0), address.capacity()) - Short.BYTES - 1;
            if (outcome < 0 || bytes < 0 || address.getShort(0) != AF_UNIX || address.get(Short.BYTES) != 0) {
                return null;
            }
            byte[] name = new byte[bytes];
            address.get(Short.BYTES + 1, name);
            return new String(name, StandardCharsets.UTF_8);
        } finally {
            Reference.reachabilityFence(address);
            Reference.reachabilityFence(length);
        }
    }

    private int connect(int family, int type, ByteBuffer address) {
        int fd = (int) call(SYS_SOCKET, family, type, 0);
        if (fd < 0) {
            return fd;
        }
        long outcome;
        try {
            do {
                outcome = call(SYS_CONNECT, fd, BufferAddress.of(address), address.capacity());
            } while (outcome == -Errno.EINTR);
        } finally {
            Reference.reachabilityFence(address);
        }
        if (outcome < 0) {
            close(fd);
            return (int) outcome;
        }
        return fd;
    }

    @Override
    public final int sendMessage(int fd, ByteBuffer direct, int passFd) {
        Packet packet = new Packet(direct, passFd >= 0 ? 1 : 0);
        try {
            if (passFd >= 0) {
                packet.putDescriptor(passFd);
            }
            long sent;
            do {
                sent = call(SYS_SENDMSG, fd, packet.address(), MSG_NOSIGNAL);
            } while (sent == -Errno.EINTR);
            return sent >= 0 ? 0 : (int) sent;
        } finally {
            Reference.reachabilityFence(packet);
            Reference.reachabilityFence(direct);
        }
    }

    @Override
    public final int receiveMessage(int fd, ByteBuffer direct, int[] fds, int timeoutMillis) {
        Arrays.fill(fds, -1);
        long deadline = System.nanoTime() + timeoutMillis * NANOS_PER_MILLI;
        Packet packet = new Packet(direct, Packet.MAX_DESCRIPTORS);
        try {
            while (true) {
                long left = timeoutMillis < 0 ? -1 : Math.max(0, deadline - System.nanoTime());
                int ready = awaitReadable(fd, left);
                if (ready == 0) {
                    return -Errno.ETIMEDOUT;
                }
                long got = ready < 0 ? ready : call(SYS_RECVMSG, fd, packet.address(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
                if (got >= 0) {
                    packet.takeDescriptors(fds, this::close);
                    return (int) got;
                }
                if (got != -Errno.EINTR && got != -Errno.EAGAIN) {
                    return (int) got;
                }
                packet.rewind();
            }
        } finally {
            Reference.reachabilityFence(packet);
            Reference.reachabilityFence(direct);
        }
    }

    @Override
    public final int receiveAll(int fd, ByteBuffer direct, int timeoutMillis) {
        long deadline = System.nanoTime() + timeoutMillis * NANOS_PER_MILLI;
        ByteBuffer rest = direct.duplicate();
        while (rest.hasRemaining()) {
            long left = timeoutMillis < 0 ? -1 : Math.max(0, deadline - System.nanoTime());
            int ready = awaitReadable(fd, left);
            if (ready == 0) {
                return -Errno.ETIMEDOUT;
            }
            long got = ready < 0 ? ready : read(fd, rest);
            if (got > 0) {
                rest.position(rest.position() + (int) got);
            } else if (got != -Errno.EINTR && got != -Errno.EAGAIN) {
                return (int) got;
            }
        }
        return direct.remaining();
    }

    @Override
    public final int sendByte(int fd) {
        Scratch scratch = scratches.take();
        try {
            long one = scratch.address() + Scratch.ONE;
            long sent = call(scratch, SYS_SENDTO, fd, one, 1, MSG_NOSIGNAL | MSG_DONTWAIT, 0); // to no address
            return sent >= 0 ? 0 : -lastErrno(scratch);
        } finally {
            scratches.give(scratch);
        }
    }

    private int awaitReadable(int fd, long timeoutNanos) {
        ByteBuffer pollfd = direct(POLLFD_BYTES);
        pollfd.putInt(0, fd).putShort(Integer.BYTES, (short) POLLIN);
        return poll(pollfd, 1, timeoutNanos);
    }

    static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
