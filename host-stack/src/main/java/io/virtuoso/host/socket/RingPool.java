package io.virtuoso.host.socket;

import java.util.Arrays;

/**
 * Gives out byte rings from the payload pool of one region.
 *
 * <p>The pool is cut into chunks of {@value #CHUNK_BYTES} bytes. A chunk in use holds rings of one size class; sizes
 * are powers of four from {@value #MIN_RING_BYTES} bytes to one whole chunk. A chunk whose last ring comes back is
 * released to the {@link ChunkReleaser}, so that a burst of connections does not keep its memory for ever; one chunk
 * of each size class is kept, so that single connections coming and going cost nothing.
 *
 * <p>All bookkeeping is private to the host stack: a guest cannot influence where rings lie. Stack thread only.
 */
public final class RingPool {
    /** Smallest ring, in bytes. */
    public static final int MIN_RING_BYTES = 1 << 10;

    /** Unit in which memory is taken from and given back to the region, and the largest ring, in bytes. */
    public static final int CHUNK_BYTES = 1 << 22;

    /** Returned by {@link #allocate} when the pool is exhausted. */
    public static final int NONE = -1;

    private static final int CLASS_COUNT = 7;

    /** Rings from here on give their pages back at once when they are given back for idleness. */
    private static final int RELEASED_BYTES = 1 << 16;

    private static final int UNUSED = -1;

    /** Told when the memory of a chunk, or of a large ring that was idle, holds nothing any more. */
    @FunctionalInterface
    public interface ChunkReleaser {
        /**
         * @param regionOffset start of the memory, in bytes from the region's start
         * @param bytes        its length
         */
        void release(int regionOffset, int bytes);
    }

    private final int poolOffset;
    private final ChunkReleaser releaser;
    private final Chunk[] chunks;
    private final Chunk[] partial = new Chunk[CLASS_COUNT];
    private int usedBytes;
    private int unusedChunks;

    private static final class Chunk {
        private final int offset;
        private int sizeClass = UNUSED;
        private short[] free = new short[0];
        private int freeCount;
        private int carved;
        private Chunk next;
        private Chunk previous;

        private Chunk(int offset) {
            this.offset = offset;
        }
    }

    /**
     * @param poolOffset start of the pool in the region
     * @param poolBytes  its length; a remainder smaller than a chunk stays unused
     * @param releaser   told of chunks that became empty
     */
    public RingPool(int poolOffset, int poolBytes, ChunkReleaser releaser) {
        this.poolOffset = poolOffset;
        this.releaser = releaser;
        this.chunks = new Chunk[poolBytes / CHUNK_BYTES];
        this.unusedChunks = chunks.length;
    }

    /**
     * The ring size that {@link #allocate} gives for a wish.
     *
     * @param wantedBytes at least 1
     * @return the smallest ring size that holds the wish, at most {@link #CHUNK_BYTES}
     */
    public static int ringBytes(int wantedBytes) {
        return MIN_RING_BYTES << (2 * sizeClass(wantedBytes));
    }

    /**
     * The size of ring that can be had for a wish: smaller ones as memory gets short, larger ones if that is what is
     * left.
     *
     * @param wantedBytes at least 1
     * @return a size for {@link #allocate}, or 0 if there is no memory at all
     */
    public int available(int wantedBytes) {
        for (int sizeClass = sizeClass(wantedBytes); sizeClass >= 0; sizeClass--) {
            if (partial[sizeClass] != null || unusedChunks > 0) {
                return MIN_RING_BYTES << (2 * sizeClass);
            }
        }
        for (int sizeClass = sizeClass(wantedBytes) + 1; sizeClass < CLASS_COUNT; sizeClass++) {
            if (partial[sizeClass] != null) {
                return MIN_RING_BYTES << (2 * sizeClass);
            }
        }
        return 0;
    }

    /**
     * The size of ring that somebody may take who takes no more than others could take, too: the less memory is left,
     * the less it is.
     *
     * @param wantedBytes at least 1
     * @param sharers     so many such rings must fit into what is left, give or take the half
     * @return a size for {@link #allocate}, or 0 if there is no memory at all
     */
    public int affordable(int wantedBytes, int sharers) {
        final int share = (chunks.length * (CHUNK_BYTES / MIN_RING_BYTES) - usedBytes / MIN_RING_BYTES) / sharers;
        final int largest = (Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(2 * share, 1))) / 2;
        return available(Math.min(wantedBytes, MIN_RING_BYTES << 2 * Math.min(largest, CLASS_COUNT - 1)));
    }

    /**
     * Takes a ring.
     *
     * @param ringBytes a size returned by {@link #ringBytes}
     * @return its offset from the region's start, or {@link #NONE}
     */
    public int allocate(int ringBytes) {
        final int sizeClass = sizeClass(ringBytes);
        Chunk chunk = partial[sizeClass];
        if (chunk == null) {
            chunk = openChunk(sizeClass);
            if (chunk == null) {
                return NONE;
            }
        }
        final int index = chunk.freeCount > 0 ? chunk.free[--chunk.freeCount] : chunk.carved++;
        if (chunk.freeCount == 0 && chunk.carved == capacity(sizeClass)) {
            unlink(chunk);
        }
        usedBytes += ringBytes;
        return chunk.offset + index * ringBytes;
    }

    /**
     * Gives a ring back.
     *
     * @param ringOffset as returned by {@link #allocate}
     */
    public void free(int ringOffset) {
        free(ringOffset, false);
    }

    /**
     * Gives a ring back that was not used for a while, and the memory of a large one at once.
     *
     * @param ringOffset as returned by {@link #allocate}
     */
    public void freeIdle(int ringOffset) {
        free(ringOffset, true);
    }

    private void free(int ringOffset, boolean idle) {
        final Chunk chunk = chunks[(ringOffset - poolOffset) / CHUNK_BYTES];
        final int ringBytes = MIN_RING_BYTES << (2 * chunk.sizeClass);
        if (chunk.freeCount == 0 && chunk.carved == capacity(chunk.sizeClass)) {
            link(chunk);
        }
        if (chunk.freeCount == chunk.free.length) {
            chunk.free = Arrays.copyOf(chunk.free, Math.min(capacity(chunk.sizeClass), 2 * chunk.freeCount + 16));
        }
        chunk.free[chunk.freeCount++] = (short) ((ringOffset - chunk.offset) / ringBytes);
        usedBytes -= ringBytes;
        final boolean last = chunk.previous == null && chunk.next == null;
        if (chunk.freeCount == chunk.carved && !last) {
            closeChunk(chunk);
        } else if (idle && ringBytes >= RELEASED_BYTES) {
            releaser.release(ringOffset, ringBytes);
        }
    }

    /**
     * @return bytes of all rings given out
     */
    public int usedBytes() {
        return usedBytes;
    }

    private static int sizeClass(int bytes) {
        final int units = (Math.max(bytes, 1) - 1) / MIN_RING_BYTES;
        final int bits = Integer.SIZE - Integer.numberOfLeadingZeros(units);
        return Math.min((bits + 1) / 2, CLASS_COUNT - 1);
    }

    private static int capacity(int sizeClass) {
        return CHUNK_BYTES / (MIN_RING_BYTES << (2 * sizeClass));
    }

    private Chunk openChunk(int sizeClass) {
        for (int i = 0; i < chunks.length; i++) {
            if (chunks[i] == null) {
                chunks[i] = new Chunk(poolOffset + i * CHUNK_BYTES);
            }
            if (chunks[i].sizeClass == UNUSED) {
                chunks[i].sizeClass = sizeClass;
                unusedChunks--;
                link(chunks[i]);
                return chunks[i];
            }
        }
        return null;
    }

    private void closeChunk(Chunk chunk) {
        unlink(chunk);
        chunk.sizeClass = UNUSED;
        unusedChunks++;
        chunk.free = new short[0];
        chunk.freeCount = 0;
        chunk.carved = 0;
        releaser.release(chunk.offset, CHUNK_BYTES);
    }

    private void link(Chunk chunk) {
        chunk.previous = null;
        chunk.next = partial[chunk.sizeClass];
        if (chunk.next != null) {
            chunk.next.previous = chunk;
        }
        partial[chunk.sizeClass] = chunk;
    }

    private void unlink(Chunk chunk) {
        if (chunk.previous != null) {
            chunk.previous.next = chunk.next;
        } else if (partial[chunk.sizeClass] == chunk) {
            partial[chunk.sizeClass] = chunk.next;
        }
        if (chunk.next != null) {
            chunk.next.previous = chunk.previous;
        }
        chunk.next = null;
        chunk.previous = null;
    }
}
