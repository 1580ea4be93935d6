package io.virtuoso.guest.os;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The few system calls the shim needs. A failed call returns its errno, negated. Buffers are direct; their positions do
 * not move. Any thread; a thread in a call that waits is blocked, a virtual one pins its carrier.
 */
public abstract class Os {
    /** For the implementations; the one that fits this JVM comes from {@link #get()}. */
    protected Os() {}

    private static final class Holder {
        static final Os INSTANCE = OsLoader.load();

        private Holder() {}
    }

    /**
     * The system calls of this JVM.
     *
     * @throws IllegalStateException if there is no way to call the system; the message is one sentence
     */
    public static Os get() {
        try {
            return Holder.INSTANCE;
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof IllegalStateException) {
                throw (IllegalStateException) e.getCause();
            }
            throw new IllegalStateException("Virtuoso cannot call the system: " + e.getCause(), e);
        } catch (NoClassDefFoundError e) {
            throw new IllegalStateException("Virtuoso cannot call the system; the first attempt told why", e);
        }
    }

    /** Connects to a SOCK_SEQPACKET listener. @return a blocking descriptor with CLOEXEC, or -errno */
    public abstract int connectSeqpacket(String path);

    /** Connects to a vsock port of the host that this virtual machine runs on. @return a descriptor as above, or -errno */
    public abstract int connectVsock(int port);

    /** Binds a new TCP socket to a port of any address, of both families if there are. @return a descriptor as above, or -errno */
    public abstract int bindToAny(int port);

    /** The host's vsock port at the other end of a descriptor; -1 if it is nothing like that. */
    public abstract int hostPort(int fd);

    /**
     * Sends what remains in a buffer as one packet, without SIGPIPE.
     *
     * @param passFd a descriptor to pass along, or -1
     * @return 0 or -errno
     */
    public abstract int sendMessage(int fd, ByteBuffer direct, int passFd);

    /**
     * Receives one packet into what remains of a buffer.
     *
     * @param fds filled with the received descriptors (CLOEXEC), then -1; those that do not fit are closed
     * @param timeoutMillis how long to wait for the packet at most; negative: for ever
     * @return its bytes, 0 if the peer has closed, or -errno; -ETIMEDOUT if nothing came
     */
    public abstract int receiveMessage(int fd, ByteBuffer direct, int[] fds, int timeoutMillis);

    /**
     * Receives from a stream until what remains of a buffer is full.
     *
     * @param timeoutMillis how long to wait for all at most; negative: for ever
     * @return its bytes, 0 if the peer has closed before, or -errno; -ETIMEDOUT if not all came
     */
    public abstract int receiveAll(int fd, ByteBuffer direct, int timeoutMillis);

    /** Sends one byte if there is room for it, without SIGPIPE. @return 0 or -errno */
    public abstract int sendByte(int fd);

    /** Makes an eventfd, CLOEXEC and non-blocking. @return the descriptor or -errno */
    public abstract int eventfd();

    /**
     * Waits for descriptors, as ppoll(2).
     *
     * @param pollfds {@code struct pollfd[]} in native byte order, from the buffer's start
     * @param timeoutNanos negative: for ever
     * @return how many are ready, 0 after the timeout, or -errno
     */
    public abstract int poll(ByteBuffer pollfds, int count, long timeoutNanos);

    /** Reads up to what remains in a buffer. @return the bytes, 0 at the end, or -errno */
    public abstract long read(int fd, ByteBuffer direct);

    /** Writes the 8-byte integer 1, as eventfds take it. @return 0 or -errno */
    public abstract int writeEight(int fd);

    /** Whether the file can never become smaller than it is. */
    abstract boolean isSealedAgainstShrinking(int fd);

    /** Sets O_NONBLOCK. */
    public abstract void setNonBlocking(int fd);

    /** Closes a descriptor. */
    public abstract void close(int fd);

    /** Another number for the same open file, CLOEXEC. @return it, or -errno */
    public abstract int duplicate(int fd);

    /** Lets a number name /dev/null, whatever it named before. */
    public abstract void discard(int fd);

    /** The abstract name of the Unix socket at the other end, without its first NUL; null if there is no such thing. */
    public abstract String abstractPeer(int fd);

    /** This process's id. */
    public final int pid() {
        return (int) ProcessHandle.current().pid();
    }

    /**
     * Maps shared memory, readable and writable, little-endian. It stays mapped as long as the buffer or a view of it
     * is reachable, whatever becomes of the descriptor, and its file is sealed against shrinking; so no access through
     * a buffer can meet an address that is gone.
     *
     * @throws IOException if it is not sealed or cannot be mapped whole
     */
    public final ByteBuffer map(int fd, long bytes) throws IOException {
        if (bytes <= 0 || bytes > Integer.MAX_VALUE) {
            throw new IOException("shared memory of " + bytes + " bytes; a buffer holds 1 to " + Integer.MAX_VALUE);
        }
        if (!isSealedAgainstShrinking(fd)) {
            throw new IOException("shared memory that could shrink");
        }
        Path path = Path.of("/proc/self/fd/" + fd);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (file.size() < bytes) {
                throw new IOException("shared memory has " + file.size() + " bytes, not " + bytes);
            }
            return file.map(FileChannel.MapMode.READ_WRITE, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /**
     * Maps a part of a PCI device's memory, like {@link #map}. Such memory cannot shrink; when the device is taken out of
     * the machine, its pages stay.
     *
     * @throws IOException if it cannot be mapped whole
     */
    public final ByteBuffer mapDevice(File memory, long offset, long bytes) throws IOException {
        if (bytes <= 0 || bytes > Integer.MAX_VALUE) {
            throw new IOException("shared memory of " + bytes + " bytes; a buffer holds 1 to " + Integer.MAX_VALUE);
        }
        try (FileChannel file = FileChannel.open(memory.toPath(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (file.size() - offset < bytes) {
                throw new IOException("the device has " + file.size() + " bytes of memory");
            }
            return file.map(FileChannel.MapMode.READ_WRITE, offset, bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
