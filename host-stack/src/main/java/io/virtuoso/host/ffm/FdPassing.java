package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.host.ffm.Linux.Cmsghdr;
import io.virtuoso.host.ffm.Linux.Iovec;
import io.virtuoso.host.ffm.Linux.Msghdr;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Sends and receives messages with descriptors over a Unix socket, of 128 bytes unless another length is given; never
 * waits.
 *
 * <p>One thread, reusable. Received descriptors (close-on-exec) are the caller's once {@link #takeFd} has handed them
 * out; those not taken are closed by the next {@link #receive} or by {@link #closeFds}, so a peer cannot pile them up.
 */
public final class FdPassing {
    private static final MethodHandle SENDMSG = Native.longFunction("sendmsg", INT, LONG, INT);
    private static final MethodHandle RECVMSG = Native.longFunction("recvmsg", INT, LONG, INT);
    private static final int MAX_FDS = 16;
    private static final int VECTOR = Msghdr.BYTES;
    private static final int DATA = VECTOR + Iovec.BYTES + Long.BYTES;
    private static final int CONTROL_BYTES = align(Cmsghdr.BYTES + MAX_FDS * Integer.BYTES) + 64;

    private final int capacity;

    /** Where control messages begin: there is one byte more than a message, so that a longer packet is noticed. */
    private final int control;

    private final MemorySegment memory;
    private final ByteBuffer message;
    private final int[] fds = new int[MAX_FDS];
    private int fdCount;
    private boolean hasTooMany;

    /** Messages of 128 bytes, as at the attach socket. */
    public FdPassing() {
        this(AttachMessage.BYTES);
    }

    /** Messages of up to {@code capacity} bytes. */
    public FdPassing(int capacity) {
        this.capacity = capacity;
        this.control = align(DATA + capacity + 1);
        this.memory = Arena.ofAuto().allocate(control + CONTROL_BYTES, Long.BYTES);
        this.message = memory.asSlice(DATA, capacity).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The message's bytes: fill before {@link #send}, read after {@link #receive}. */
    public ByteBuffer message() {
        return message;
    }

    /** Sends the message alone. */
    public int send(int socket) {
        return sendWith(socket, capacity, 0);
    }

    /** Sends the message's first bytes, with a descriptor unless it is negative; it stays the caller's. */
    public int sendPart(int socket, int length, int fd) {
        fd(0, fd);
        return sendWith(socket, length, fd < 0 ? 0 : 1);
    }

    /** Sends the message with one descriptor, which stays the caller's. */
    public int send(int socket, int fd) {
        fd(0, fd);
        return sendWith(socket, capacity, 1);
    }

    /**
     * Sends the message with two descriptors, which stay the caller's.
     *
     * @return 128, or minus errno: -EAGAIN the socket's buffer is full, -EPIPE the peer is gone
     */
    public int send(int socket, int first, int second) {
        fd(0, first);
        fd(1, second);
        return sendWith(socket, capacity, 2);
    }

    /**
     * Receives a message and its descriptors.
     *
     * @return bytes of the message (not always 128: see {@link AttachMessage#check}); 0 at the connection's end; minus
     *     errno: -EAGAIN nothing there, -EMSGSIZE a longer message or too many descriptors came and were thrown away
     */
    public int receive(int socket) {
        closeFds();
        int received = receiveInto(socket, 0, capacity + 1);
        if (received > capacity) {
            closeFds();
            return -Errno.EMSGSIZE;
        }
        return received;
    }

    /**
     * Receives part of a message from a stream, to position {@code at}. Descriptors are added to those of the parts
     * before it; {@link #closeFds} begins a new message.
     *
     * @return how many bytes, 0 at the connection's end, minus errno as {@link #receive}
     */
    public int receivePart(int socket, int at, int length) {
        return receiveInto(socket, at, Math.min(length, capacity - at));
    }

    private int receiveInto(int socket, int at, int length) {
        header(at, length, CONTROL_BYTES);
        int received;
        try {
            MemorySegment state = Native.state();
            int flags = Linux.MSG_DONTWAIT | Linux.MSG_CMSG_CLOEXEC;
            received = (int) Native.result((long) RECVMSG.invokeExact(state, socket, memory.address(), flags), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
        if (received < 0) {
            return received;
        }
        hasTooMany = false;
        collectFds();
        int flags = memory.get(ValueLayout.JAVA_INT, Msghdr.MSG_FLAGS);
        if (hasTooMany || (flags & (Linux.MSG_TRUNC | Linux.MSG_CTRUNC)) != 0) {
            closeFds();
            return -Errno.EMSGSIZE;
        }
        return received;
    }

    /** How many descriptors came with the last message, taken ones included. */
    public int fdCount() {
        return fdCount;
    }

    /** Hands out a descriptor of the last message: the caller closes it from now on. -1 if there is none. */
    public int takeFd(int index) {
        if (index >= fdCount) {
            return -1;
        }
        int fd = fds[index];
        fds[index] = -1;
        return fd;
    }

    /** Closes the received descriptors that were not taken. */
    public void closeFds() {
        for (int i = 0; i < fdCount; i++) {
            Libc.close(fds[i]);
        }
        fdCount = 0;
    }

    private int sendWith(int socket, int length, int count) {
        int controlBytes = 0;
        if (count > 0) {
            controlBytes = align(Cmsghdr.BYTES + count * Integer.BYTES);
            memory.set(ValueLayout.JAVA_LONG, control + Cmsghdr.CMSG_LEN, Cmsghdr.BYTES + (long) count * Integer.BYTES);
            memory.set(ValueLayout.JAVA_INT, control + Cmsghdr.CMSG_LEVEL, Linux.SOL_SOCKET);
            memory.set(ValueLayout.JAVA_INT, control + Cmsghdr.CMSG_TYPE, Linux.SCM_RIGHTS);
        }
        header(0, length, controlBytes);
        try {
            MemorySegment state = Native.state();
            int flags = Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL;
            return (int) Native.result((long) SENDMSG.invokeExact(state, socket, memory.address(), flags), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    private void header(int at, int dataBytes, int controlBytes) {
        memory.asSlice(0, DATA).fill((byte) 0);
        memory.set(ValueLayout.JAVA_LONG, VECTOR + Iovec.IOV_BASE, memory.address() + DATA + at);
        memory.set(ValueLayout.JAVA_LONG, VECTOR + Iovec.IOV_LEN, dataBytes);
        memory.set(ValueLayout.JAVA_LONG, Msghdr.MSG_IOV, memory.address() + VECTOR);
        memory.set(ValueLayout.JAVA_LONG, Msghdr.MSG_IOVLEN, 1L);
        memory.set(ValueLayout.JAVA_LONG, Msghdr.MSG_CONTROL, controlBytes == 0 ? 0L : memory.address() + control);
        memory.set(ValueLayout.JAVA_LONG, Msghdr.MSG_CONTROLLEN, controlBytes);
    }

    private void fd(int index, int fd) {
        memory.set(ValueLayout.JAVA_INT, control + Cmsghdr.BYTES + index * Integer.BYTES, fd);
    }

    /** Walks the control messages; the kernel wrote them, so their lengths can be believed within our buffer. */
    private void collectFds() {
        long end = Math.min(memory.get(ValueLayout.JAVA_LONG, Msghdr.MSG_CONTROLLEN), CONTROL_BYTES);
        long at = 0;
        while (at + Cmsghdr.BYTES <= end) {
            long length = memory.get(ValueLayout.JAVA_LONG, control + at + Cmsghdr.CMSG_LEN);
            if (length < Cmsghdr.BYTES || at + length > end) {
                return;
            }
            if (isRights(control + at)) {
                for (long fd = at + Cmsghdr.BYTES; fd < at + length; fd += Integer.BYTES) {
                    keep(memory.get(ValueLayout.JAVA_INT, control + fd));
                }
            }
            at += align((int) length);
        }
    }

    private void keep(int fd) {
        if (fdCount < MAX_FDS) {
            fds[fdCount++] = fd;
        } else {
            Libc.close(fd);
            hasTooMany = true;
        }
    }

    private boolean isRights(long at) {
        return memory.get(ValueLayout.JAVA_INT, at + Cmsghdr.CMSG_LEVEL) == Linux.SOL_SOCKET
                && memory.get(ValueLayout.JAVA_INT, at + Cmsghdr.CMSG_TYPE) == Linux.SCM_RIGHTS;
    }

    private static int align(int bytes) {
        return (bytes + Long.BYTES - 1) & -Long.BYTES;
    }
}
