package io.virtuoso.host.ffm;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A shared mapping of part of a file, of any length. Any thread may use it; who closes it has made sure that nobody does any
 * more. A use after that throws IllegalStateException.
 */
public final class MappedMemory implements AutoCloseable {
    private static final long PAGE = 4096;

    private final Arena arena;
    private final MemorySegment memory;

    @SuppressWarnings("restricted")
    private MappedMemory(long address, long skip, long bytes) {
        this.arena = Arena.ofShared();
        this.memory = MemorySegment.ofAddress(address)
                .reinterpret(skip + bytes, arena, MappedRegion::unmap)
                .asSlice(skip);
    }

    /**
     * Maps {@code bytes} of a file for reading and writing; the descriptor stays the caller's, who knows that the file
     * is long enough and stays so.
     *
     * @throws IOException naming the errno
     */
    public static MappedMemory map(int fd, long offset, long bytes) throws IOException {
        long skip = offset % PAGE;
        long address = MappedRegion.mmap(fd, skip + bytes, offset - skip);
        if (address < 0) {
            throw new IOException("cannot map " + bytes + " bytes: " + Errno.describe((int) -address));
        }
        return new MappedMemory(address, skip, bytes);
    }

    /** The bytes asked for. */
    public MemorySegment memory() {
        return memory;
    }

    /** Takes the mapping away; once only. */
    @Override
    public void close() {
        arena.close();
    }
}
