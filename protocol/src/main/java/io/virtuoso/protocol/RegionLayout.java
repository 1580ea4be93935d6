package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/**
 * Where everything lies in a region: {@code header | contexts | socket slots | payload pool}.
 *
 * @param contextCount contexts, 1 to 4096
 * @param queueEntries entries of each command and each event queue, a power of two, 2 to 65536
 * @param slotCount socket slots, 1 to 2^20
 * @param guestSlotCount slots [0, this) are given out by the guest, the rest by the host; 0 to slotCount
 * @param poolBytes bytes of the payload pool, a multiple of 4096
 */
public record RegionLayout(int contextCount, int queueEntries, int slotCount, int guestSlotCount, int poolBytes) {
    /** Alignment of everything that begins in a region of its own. */
    public static final int PAGE = 4096;

    public static final int MAX_CONTEXTS = 4096;
    public static final int MAX_QUEUE_ENTRIES = 65536;
    public static final int MAX_SLOTS = 1 << 20;

    private static final int HEADER = Abi.HEADER_BYTES;

    /**
     * Checks every value and that the region stays below 2 GiB.
     *
     * @throws IllegalArgumentException saying which value is wrong and what would be right
     */
    public RegionLayout {
        require(contextCount >= 1 && contextCount <= MAX_CONTEXTS, "contexts", contextCount, "1 to 4096");
        require(
                queueEntries >= 2 && queueEntries <= MAX_QUEUE_ENTRIES && Integer.bitCount(queueEntries) == 1,
                "queue entries",
                queueEntries,
                "a power of two, 2 to 65536");
        require(slotCount >= 1 && slotCount <= MAX_SLOTS, "socket slots", slotCount, "1 to 1048576");
        require(
                guestSlotCount >= 0 && guestSlotCount <= slotCount,
                "guest's socket slots",
                guestSlotCount,
                "0 to all " + slotCount);
        require(poolBytes >= PAGE && poolBytes % PAGE == 0, "pool bytes", poolBytes, "a multiple of 4096");
        long total = HEADER + (long) contextCount * stride(queueEntries) + slotBytes(slotCount) + poolBytes;
        require(total <= Integer.MAX_VALUE, "region bytes", total, "less than 2 GiB");
    }

    /** Bytes from one context to the next, a multiple of 4096. */
    public int contextStride() {
        return stride(queueEntries);
    }

    /** Where context 0 begins. */
    public int contextOffset() {
        return HEADER;
    }

    /** Where a context begins; the index is the caller's to check. */
    public int contextOffset(int context) {
        return HEADER + context * contextStride();
    }

    /** Where a context's command queue begins. */
    public int commandQueueOffset(int context) {
        return contextOffset(context) + Abi.CONTEXT_HEADER_BYTES;
    }

    /** Where a context's event queue begins. */
    public int eventQueueOffset(int context) {
        return commandQueueOffset(context) + queueEntries * Abi.ENTRY_BYTES;
    }

    /** Where slot 0 begins. */
    public int slotOffset() {
        return HEADER + contextCount * contextStride();
    }

    /** Where a slot begins; the index is the caller's to check. */
    public int slotOffset(int slot) {
        return slotOffset() + slot * Abi.SLOT_BYTES;
    }

    /** Where the payload pool begins, a multiple of 4096. */
    public int poolOffset() {
        return slotOffset() + (int) slotBytes(slotCount);
    }

    /** Bytes of the whole region. */
    public int regionBytes() {
        return poolOffset() + poolBytes;
    }

    static void checkQueue(ByteBuffer region, int headOffset, int queueOffset, int entries) {
        require(Integer.bitCount(entries) == 1 && entries > 0, "queue entries", entries, "a power of two");
        require(headOffset >= 0 && headOffset % Long.BYTES == 0, "head offset", headOffset, "a multiple of 8");
        require(queueOffset >= 0 && queueOffset % Long.BYTES == 0, "queue offset", queueOffset, "a multiple of 8");
        long end = Math.max(headOffset + (long) Long.BYTES, queueOffset + (long) entries * Abi.ENTRY_BYTES);
        require(end <= region.limit(), "queue end", end, "inside the region of " + region.limit());
    }

    private static int stride(int entries) {
        return align(Abi.CONTEXT_HEADER_BYTES + 2 * entries * Abi.ENTRY_BYTES);
    }

    private static long slotBytes(int slots) {
        return align(slots * Abi.SLOT_BYTES);
    }

    private static int align(int bytes) {
        return (bytes + PAGE - 1) & -PAGE;
    }

    private static void require(boolean holds, String what, long value, String right) {
        if (!holds) {
            throw new IllegalArgumentException(what + ": " + value + "; must be " + right);
        }
    }
}
