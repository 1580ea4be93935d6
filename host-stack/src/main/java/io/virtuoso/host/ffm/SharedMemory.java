package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Anonymous files for shared memory, sealed so that nobody can cut them short under the host. */
public final class SharedMemory {
    /** Since Linux 6.3, so not in every system's headers. */
    private static final int MFD_NOEXEC_SEAL = 8;

    private static final MethodHandle MEMFD_CREATE = Native.intFunction("memfd_create", LONG, INT);
    private static final MethodHandle FTRUNCATE = Native.intFunction("ftruncate", INT, LONG);
    private static final MethodHandle FALLOCATE = Native.intFunction("fallocate", INT, INT, LONG, LONG);

    private static final MethodHandle LSEEK = Native.longFunction("lseek", INT, LONG, INT);
    private static final MethodHandle MADVISE = Native.intFunction("madvise", LONG, LONG, INT);

    private SharedMemory() {}

    /**
     * A zeroed anonymous file whose size is sealed for ever.
     *
     * @param name for people, seen in /proc
     * @return the descriptor (close-on-exec), or minus errno
     */
    public static int create(String name, long bytes) {
        int fd = memfd(name);
        if (fd < 0) {
            return fd;
        }
        int result = truncate(fd, bytes);
        if (result >= 0) {
            int seals = Linux.F_SEAL_SHRINK | Linux.F_SEAL_GROW | Linux.F_SEAL_SEAL;
            result = Libc.fcntl(fd, Linux.F_ADD_SEALS, seals);
        }
        if (result < 0) {
            Libc.close(fd);
            return result;
        }
        return fd;
    }

    /** Gives the memory behind part of a file back to the system; it then reads as zeroes. */
    public static int punchHole(int fd, long offset, long bytes) {
        try {
            MemorySegment state = Native.state();
            int mode = Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE;
            return Native.result((int) FALLOCATE.invokeExact(state, fd, mode, offset, bytes), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /**
     * Gives the memory behind part of a mapping back to the system, for all who map it; it then reads as zeroes.
     *
     * @param region a direct buffer over shared memory
     * @param offset multiple of the page size
     */
    public static int release(ByteBuffer region, int offset, int bytes) {
        try {
            MemorySegment state = Native.state();
            long address = MemorySegment.ofBuffer(region).address() - region.position() + offset;
            return Native.result((int) MADVISE.invokeExact(state, address, (long) bytes, Linux.MADV_REMOVE), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Whether a file of another process can never become shorter, so that its memory may be touched without fear. */
    public static boolean isSealedAgainstShrinking(int fd) {
        int seals = seals(fd);
        return seals >= 0 && (seals & Linux.F_SEAL_SHRINK) != 0;
    }

    /** A file's length in bytes, or minus errno; its position moves. */
    public static long size(int fd) {
        try {
            MemorySegment state = Native.state();
            return Native.result((long) LSEEK.invokeExact(state, fd, 0L, Linux.SEEK_END), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** What tells files apart, however often they were opened; equal for descriptors of the same one. */
    public static Object identity(int fd) {
        try {
            Path path = Path.of("/proc/self/fd/" + fd);
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int seals(int fd) {
        return Libc.fcntl(fd, Linux.F_GET_SEALS, 0L);
    }

    static int truncate(int fd, long bytes) {
        try {
            MemorySegment state = Native.state();
            return Native.result((int) FTRUNCATE.invokeExact(state, fd, bytes), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Never executable, where the kernel knows the flag: some systems refuse other memory files. */
    private static int memfd(String name) {
        int flags = Linux.MFD_CLOEXEC | Linux.MFD_ALLOW_SEALING;
        int fd = memfd(name, flags | MFD_NOEXEC_SEAL);
        return fd == -Errno.EINVAL ? memfd(name, flags) : fd;
    }

    private static int memfd(String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            long address = arena.allocateFrom(name).address();
            return Native.result((int) MEMFD_CREATE.invokeExact(state, address, flags), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }
}
