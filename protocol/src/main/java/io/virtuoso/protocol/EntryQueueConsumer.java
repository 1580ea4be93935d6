package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/**
 * The taking end of a command or event queue.
 *
 * <p>One thread only. {@link #poll()} copies an entry out of the shared memory, every word once, so that what the
 * caller checks is what it then uses, whatever the producer does meanwhile. Entries are given back to the producer in
 * one go by {@link #publish()}.
 */
public final class EntryQueueConsumer {
    /** Returned by {@link #poll()}: nothing there. */
    public static final int EMPTY = 0;

    /**
     * Returned by {@link #poll()}: the stamp is none that a correct producer leaves. The queue does not move on; the
     * caller should end the attachment.
     */
    public static final int CORRUPT = 256;

    private final ByteBuffer region;
    private final int headOffset;
    private final int queueOffset;
    private final int entries;
    private long position;
    private long published;

    private long slotAndGeneration;
    private long request;
    private long arg0;
    private long arg1;
    private long arg2;
    private long arg3;
    private long arg4;

    /**
     * A consumer at position 0 of a zeroed queue.
     *
     * @param region the attachment's region, little-endian
     * @param headOffset where the consumer publishes its head
     * @param queueOffset where the queue's first entry lies, a multiple of 64
     * @param entries of the queue, a power of two
     */
    public EntryQueueConsumer(ByteBuffer region, int headOffset, int queueOffset, int entries) {
        RegionLayout.checkQueue(region, headOffset, queueOffset, entries);
        this.region = region;
        this.headOffset = headOffset;
        this.queueOffset = queueOffset;
        this.entries = entries;
    }

    /** The host's consumer of a context's command queue. */
    public static EntryQueueConsumer ofCommands(ByteBuffer region, RegionLayout layout, int context) {
        int offset = layout.contextOffset(context);
        return new EntryQueueConsumer(
                region,
                offset + ContextBlock.COMMAND_HEAD_OFFSET,
                layout.commandQueueOffset(context),
                layout.queueEntries());
    }

    /** A guest's consumer of a context's event queue. */
    public static EntryQueueConsumer ofEvents(ByteBuffer region, RegionLayout layout, int context) {
        int offset = layout.contextOffset(context);
        return new EntryQueueConsumer(
                region,
                offset + ContextBlock.EVENT_HEAD_OFFSET,
                layout.eventQueueOffset(context),
                layout.queueEntries());
    }

    /**
     * Takes the next entry, if there is one; its fields can then be asked for until the next call.
     *
     * @return the entry's type, 1 to 255; {@link #EMPTY} or {@link #CORRUPT}
     */
    public int poll() {
        int at = offsetOf(position);
        long stamp = Views.acquireLong(region, at + Entry.STAMP_OFFSET);
        int type = Entry.type(stamp);
        if (Entry.place(stamp) != Entry.stamp(position, 0) || type == 0) {
            return emptyOrCorrupt(stamp);
        }
        slotAndGeneration = Views.getLong(region, at + Entry.SLOT_OFFSET);
        request = Views.getLong(region, at + Entry.REQUEST_OFFSET);
        arg0 = Views.getLong(region, at + Entry.ARG_OFFSET);
        arg1 = Views.getLong(region, at + Entry.ARG_OFFSET + 8);
        arg2 = Views.getLong(region, at + Entry.ARG_OFFSET + 16);
        arg3 = Views.getLong(region, at + Entry.ARG_OFFSET + 24);
        arg4 = Views.getLong(region, at + Entry.ARG_OFFSET + 32);
        position++;
        return type;
    }

    /** Whether {@link #poll()} would find an entry (or a corrupt one): for the last look before going to sleep. */
    public boolean hasNext() {
        long stamp = Views.acquireLong(region, offsetOf(position) + Entry.STAMP_OFFSET);
        return !isLeftOver(stamp);
    }

    /** Gives all entries taken so far back to the producer; a store only if there are any. */
    public void publish() {
        if (published != position) {
            published = position;
            Views.releaseLong(region, headOffset, position);
        }
    }

    /** Entries taken since the context opened. */
    public long position() {
        return position;
    }

    /** The entry's slot index, as written by the peer: not checked. */
    public int slot() {
        return (int) slotAndGeneration;
    }

    /** The entry's slot generation, as written by the peer. */
    public int generation() {
        return (int) (slotAndGeneration >>> 32);
    }

    public long request() {
        return request;
    }

    public long arg0() {
        return arg0;
    }

    public long arg1() {
        return arg1;
    }

    public long arg2() {
        return arg2;
    }

    public long arg3() {
        return arg3;
    }

    public long arg4() {
        return arg4;
    }

    private int emptyOrCorrupt(long stamp) {
        return isLeftOver(stamp) ? EMPTY : CORRUPT;
    }

    /** What an empty place holds: zero in the first lap, afterwards the stamp of the lap before. */
    private boolean isLeftOver(long stamp) {
        return position < entries ? stamp == 0 : Entry.place(stamp) == Entry.stamp(position - entries, 0);
    }

    private int offsetOf(long entry) {
        return queueOffset + ((int) entry & (entries - 1)) * Entry.BYTES;
    }
}
