package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/**
 * The giving end of a command or event queue.
 *
 * <p>One thread only. The consumer's head is read only when the copy of it leaves no room; a head that no correct
 * consumer would publish reads as "full".
 */
public final class EntryQueueProducer {
    private final ByteBuffer region;
    private final int headOffset;
    private final int queueOffset;
    private final int entries;
    private long position;
    private long cachedHead;

    /**
     * A producer at position 0 of a zeroed queue.
     *
     * @param region the attachment's region, little-endian
     * @param headOffset where the consumer publishes its head
     * @param queueOffset where the queue's first entry lies, a multiple of 64
     * @param entries of the queue, a power of two
     */
    public EntryQueueProducer(ByteBuffer region, int headOffset, int queueOffset, int entries) {
        RegionLayout.checkQueue(region, headOffset, queueOffset, entries);
        this.region = region;
        this.headOffset = headOffset;
        this.queueOffset = queueOffset;
        this.entries = entries;
    }

    /** A guest's producer for a context's command queue. */
    public static EntryQueueProducer ofCommands(ByteBuffer region, RegionLayout layout, int context) {
        int offset = layout.contextOffset(context);
        return new EntryQueueProducer(
                region,
                offset + ContextBlock.COMMAND_HEAD_OFFSET,
                layout.commandQueueOffset(context),
                layout.queueEntries());
    }

    /** The host's producer for a context's event queue. */
    public static EntryQueueProducer ofEvents(ByteBuffer region, RegionLayout layout, int context) {
        int offset = layout.contextOffset(context);
        return new EntryQueueProducer(
                region,
                offset + ContextBlock.EVENT_HEAD_OFFSET,
                layout.eventQueueOffset(context),
                layout.queueEntries());
    }

    /** Entries that fit now, 0 to the queue's length; 0 also while the peer's head makes no sense. */
    public int room() {
        cachedHead = Views.acquireLong(region, headOffset);
        long used = position - cachedHead;
        return used < 0 || used > entries ? 0 : entries - (int) used;
    }

    /** Whether the next {@link #offer} will succeed; asks the consumer's head only if it must. */
    public boolean hasRoom() {
        return isInside(position - cachedHead) || room() > 0;
    }

    /** An entry with one argument; see the long form. */
    public boolean offer(int type, int slot, int generation, long arg0) {
        return offer(type, slot, generation, 0L, arg0, 0L, 0L, 0L, 0L);
    }

    /**
     * Puts an entry into the queue.
     *
     * @param type 1 to 255
     * @return false, and nothing is written, if the queue is full
     */
    public boolean offer(
            int type, int slot, int generation, long request, long arg0, long arg1, long arg2, long arg3, long arg4) {
        if (!hasRoom()) {
            return false;
        }
        int at = queueOffset + ((int) position & (entries - 1)) * Entry.BYTES;
        Views.setLong(region, at + Entry.SLOT_OFFSET, (slot & 0xffff_ffffL) | (long) generation << 32);
        Views.setLong(region, at + Entry.REQUEST_OFFSET, request);
        Views.setLong(region, at + Entry.ARG_OFFSET, arg0);
        Views.setLong(region, at + Entry.ARG_OFFSET + 8, arg1);
        Views.setLong(region, at + Entry.ARG_OFFSET + 16, arg2);
        Views.setLong(region, at + Entry.ARG_OFFSET + 24, arg3);
        Views.setLong(region, at + Entry.ARG_OFFSET + 32, arg4);
        Views.releaseLong(region, at + Entry.STAMP_OFFSET, Entry.stamp(position, type));
        position++;
        return true;
    }

    /** Entries given since the context opened. */
    public long position() {
        return position;
    }

    private boolean isInside(long used) {
        return used >= 0 && used < entries;
    }
}
