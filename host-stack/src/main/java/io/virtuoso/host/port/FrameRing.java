package io.virtuoso.host.port;

import io.virtuoso.host.wire.VirtioNetHeader;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Frames on their way from one thread to another: of one writer and one reader, which may be others after a hand-over that
 * publishes what was done before. Each frame is copied in, with its virtio header, and copied out. A reader that sleeps is
 * rung for. Neither side ever waits: what finds no room is lost, and counted. Allocates nothing after it was made.
 */
public final class FrameRing {
    /** Room for some of the largest frames, or some hundred of the usual ones. */
    public static final int BYTES = 1 << 19;

    /** {@link #take(ByteBuffer, int)} found nothing. */
    static final int EMPTY = -1;

    /** An empty ring begins at its start again from here on, so that little of its memory is used while it has little. */
    static final int REWIND = 1 << 16;

    private static final int HEADER = Integer.BYTES;
    /** Where a length would be: the next record is at the start. */
    private static final int SKIP = -1;

    // Two cache lines for each side, for processors fetch them in pairs; the first is for what lies before the array.
    private static final int TAIL = 16;
    private static final int HEAD_SEEN = 17;
    private static final int UNANNOUNCED = 18;
    private static final int LOST = 19;
    private static final int HEAD = 32;
    private static final int TAIL_SEEN = 33;
    private static final int ASLEEP = 48;
    private static final int WORDS = 64;

    private final ByteBuffer memory;
    private final int capacity;
    private final AtomicLongArray words = new AtomicLongArray(WORDS);
    private Runnable bell = () -> {};

    /** @param memory all of it is used; its length is a power of two of at least 64 bytes */
    public FrameRing(final ByteBuffer memory) {
        this.memory = memory.duplicate().order(ByteOrder.nativeOrder());
        this.capacity = memory.capacity();
        if (Integer.bitCount(capacity) != 1 || capacity < 64) {
            throw new IllegalArgumentException("a ring of " + capacity + " bytes");
        }
    }

    /** Says how the reader is woken, on the writer's thread. Before the ring is used. */
    public void bell(final Runnable newBell) {
        bell = newBell;
    }

    // ---- the writer

    /** Puts in a frame that lies in one piece. @return false if it is lost, for there was no room */
    public boolean offer(final Frame frame) {
        return offer(frame.buffer(), frame.virtioAt(), VirtioNetHeader.BYTES + frame.length());
    }

    /** Puts in a record of at most half the ring. @return false if it is lost, for there was no room */
    boolean offer(final ByteBuffer source, final int at, final int length) {
        final int needed = aligned(length);
        final long tail = words.getPlain(TAIL);
        final int offset = (int) tail & capacity - 1;
        final int skipped = skipped(tail, offset, needed);
        if (needed > capacity / 2 || !hasRoom(tail + skipped + needed)) {
            words.setOpaque(LOST, words.getPlain(LOST) + 1);
            announce(); // a reader that sleeps makes room once it is awake
            return false;
        }
        if (skipped > 0) {
            memory.putInt(offset, SKIP);
        }
        final int begin = skipped > 0 ? 0 : offset;
        memory.putInt(begin, length);
        memory.put(begin + HEADER, source, at, length);
        words.setPlain(UNANNOUNCED, 1);
        words.setRelease(TAIL, tail + skipped + needed);
        return true;
    }

    /** @return bytes that are left out so that the record begins at the ring's start; 0: it begins here */
    private int skipped(final long tail, final int offset, final int needed) {
        final int rest = capacity - offset;
        if (needed > rest) {
            return rest;
        }
        if (offset < REWIND || needed > offset) {
            return 0;
        }
        words.setPlain(HEAD_SEEN, words.getAcquire(HEAD));
        return words.getPlain(HEAD_SEEN) == tail ? rest : 0;
    }

    private boolean hasRoom(final long newTail) {
        if (newTail - words.getPlain(HEAD_SEEN) <= capacity) {
            return true;
        }
        words.setPlain(HEAD_SEEN, words.getAcquire(HEAD));
        return newTail - words.getPlain(HEAD_SEEN) <= capacity;
    }

    private static int aligned(final int length) {
        return HEADER + length + 7 & -8;
    }

    /** Wakes the reader if it sleeps and has not been told of all that was put in: after each burst. */
    public void announce() {
        if (words.getPlain(UNANNOUNCED) == 0) {
            return;
        }
        words.setPlain(UNANNOUNCED, 0);
        VarHandle.fullFence(); // the tail is seen by who falls asleep, or the sleep is seen here
        if (words.getOpaque(ASLEEP) != 0 && words.compareAndSet(ASLEEP, 1, 0)) {
            bell.run();
        }
    }

    // ---- the reader

    /** Takes the oldest frame, to {@link Frame#ETHERNET_AT}. @return false if there is none */
    public boolean take(final Frame frame) {
        final int length = take(frame.buffer(), Frame.VIRTIO_AT);
        if (length == EMPTY) {
            return false;
        }
        frame.expectOuter(0);
        frame.length(length - VirtioNetHeader.BYTES);
        return true;
    }

    /** Takes the oldest record. @return its length, or {@link #EMPTY} */
    int take(final ByteBuffer target, final int at) {
        long head = words.getPlain(HEAD);
        if (head == words.getPlain(TAIL_SEEN)) {
            words.setPlain(TAIL_SEEN, words.getAcquire(TAIL));
            if (head == words.getPlain(TAIL_SEEN)) {
                return EMPTY;
            }
        }
        int offset = (int) head & capacity - 1;
        if (memory.getInt(offset) == SKIP) {
            head += capacity - offset;
            offset = 0;
        }
        final int length = memory.getInt(offset);
        target.put(at, memory, offset + HEADER, length);
        words.setRelease(HEAD, head + aligned(length));
        return length;
    }

    /** Has the writer ring from now on, once. @return false if frames wait: then the reader must not sleep */
    public boolean fallAsleep() {
        words.setOpaque(ASLEEP, 1);
        VarHandle.fullFence(); // see announce()
        if (words.getAcquire(TAIL) == words.getPlain(HEAD)) {
            return true;
        }
        words.setOpaque(ASLEEP, 0);
        return false;
    }

    /** The reader looks by itself from now on; it may be rung for once more. */
    public void wakeUp() {
        words.setOpaque(ASLEEP, 0);
    }

    // ---- anybody

    /** @return frames that found no room */
    public long lost() {
        return words.getOpaque(LOST);
    }
}
