package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A shared mapping of a whole file (below 2 GiB) as a little-endian buffer.
 *
 * <p>The buffer may be used by any thread until {@link #close}; a use after that throws IllegalStateException, it does
 * not crash. Closing waits for all threads to pass a safe point, so it belongs on the control path.
 */
public final class MappedRegion implements AutoCloseable {
    private static final MethodHandle MMAP = Native.longFunction("mmap", LONG, LONG, INT, INT, INT, LONG);
    private static final MethodHandle MUNMAP = Native.intFunction("munmap", LONG, LONG);

    private final Arena arena;
    private final long address;
    private final int bytes;
    private final ByteBuffer buffer;

    @SuppressWarnings("restricted")
    private MappedRegion(long address, int bytes) {
        this.arena = Arena.ofShared();
        this.address = address;
        this.bytes = bytes;
        MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(bytes, arena, MappedRegion::unmap);
        this.buffer = memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Maps the first {@code bytes} of a file for reading and writing; the descriptor stays the caller's.
     *
     * @throws IOException naming the errno, for instance ENOMEM
     */
    public static MappedRegion map(int fd, int bytes) throws IOException {
        return map(fd, bytes, 0L);
    }

    /**
     * Maps {@code bytes} from an offset, a multiple of 4096; sockets with several rings understand it as the name of a
     * ring.
     *
     * @throws IOException naming the errno
     */
    public static MappedRegion map(int fd, int bytes, long offset) throws IOException {
        long address = mmap(fd, bytes, offset);
        if (address < 0) {
            throw new IOException("cannot map " + bytes + " bytes: " + Errno.describe((int) -address));
        }
        return new MappedRegion(address, bytes);
    }

    /** The whole region, little-endian, position 0; duplicates of it end with it. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Where the region begins in this process, for calls that take addresses. */
    public long address() {
        return address;
    }

    /** Length in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Takes the mapping away; once only. */
    @Override
    public void close() {
        arena.close();
    }

    static long mmap(int fd, long bytes, long offset) {
        try {
            MemorySegment state = Native.state();
            int protection = Linux.PROT_READ | Linux.PROT_WRITE;
            long result = (long) MMAP.invokeExact(state, 0L, bytes, protection, Linux.MAP_SHARED, fd, offset);
            return Native.result(result, state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    static void unmap(MemorySegment memory) {
        try {
            MemorySegment state = Native.state();
            int ignored = (int) MUNMAP.invokeExact(state, memory.address(), memory.byteSize());
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }
}
