package io.virtuoso.host.capture;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Records of packets on their way from fast-path cores to the one who writes them out. What finds no room is lost and
 * counted: packets do not wait for those who watch.
 */
public final class CaptureRing {
    /** Holds 60 of the largest packets, or 30,000 that are short. */
    static final int BYTES = 1 << 23;

    private static final int TYPE = 1;

    private final CaptureFilter filter;
    private final Runnable wake;
    private final ByteBuffer memory = ByteBuffer.allocateDirect(BYTES + RingBufferDescriptor.TRAILER_LENGTH);
    private final ManyToOneRingBuffer ring = new ManyToOneRingBuffer(new UnsafeBuffer(memory));
    private final AtomicBoolean woken = new AtomicBoolean();
    private final AtomicLong lost = new AtomicLong();

    /** @param wake makes the reader call {@link #read}; called by any thread, once until it does */
    public CaptureRing(final CaptureFilter filter, final Runnable wake) {
        this.filter = filter;
        this.wake = wake;
    }

    CaptureFilter filter() {
        return filter;
    }

    ByteBuffer memory() {
        return memory;
    }

    /** @return where the record begins in {@link #memory}, or a negative number: there is no room */
    int claim(final int bytes) {
        final int at = ring.tryClaim(TYPE, bytes);
        if (at < 0) {
            lost.incrementAndGet();
        }
        return at;
    }

    void commit(final int at) {
        ring.commit(at);
    }

    void abort(final int at) {
        ring.abort(at);
    }

    /** Sees to it that what was committed is read. */
    void publish() {
        if (ring.size() > 0 && !woken.get() && woken.compareAndSet(false, true)) {
            wake.run();
        }
    }

    /**
     * Reads records; one thread only.
     *
     * @param limit at most so many
     * @return how many
     */
    public int read(final MessageHandler handler, final int limit) {
        woken.set(false);
        return ring.read(handler, limit);
    }

    /** @return packets that found no room; any thread */
    public long lost() {
        return lost.get();
    }
}
