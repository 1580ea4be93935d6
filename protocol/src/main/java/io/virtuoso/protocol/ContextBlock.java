package io.virtuoso.protocol;

import java.nio.ByteBuffer;

/**
 * A context: one guest thread's pair of queues and the words by which the two sides sleep and wake each other.
 *
 * <p>Static accessors over (region, offset of the context). Lines 0 and 1 are the host's, 2 and 3 the guest's.
 */
public final class ContextBlock {
    public static final int HOST_SLEEPING_OFFSET = 0;
    public static final int EVENT_BACKLOG_OFFSET = 4;
    public static final int COMMAND_HEAD_OFFSET = 64;
    public static final int GUEST_SLEEPING_OFFSET = 128;
    public static final int STATE_OFFSET = 132;
    public static final int EVENT_HEAD_OFFSET = 192;
    public static final int INFO_OFFSET = 256;
    public static final int BYTES = Abi.CONTEXT_HEADER_BYTES;

    /** Bytes of the info area. */
    public static final int INFO_BYTES = BYTES - INFO_OFFSET;

    /** State: not in use. */
    public static final int FREE = 0;

    /** State: in use by a guest. */
    public static final int OPEN = 1;

    private ContextBlock() {}

    /**
     * Host, before it answers OPEN_CONTEXT: zeroes the context and both queues, so that positions begin at 0 and no
     * stamp of an earlier use is taken for a new one.
     */
    public static void reset(ByteBuffer region, RegionLayout layout, int context) {
        int bytes = BYTES + 2 * layout.queueEntries() * Abi.ENTRY_BYTES;
        Views.zero(region, layout.contextOffset(context), bytes);
    }

    /**
     * Nonzero: the host sleeps, and each sleep has another number; ring its doorbell after posting. Guest: a full fence
     * stands before this load. Once for a number is enough if {@link #commandHead}, read afterwards, was behind the
     * command.
     */
    public static int hostSleeping(ByteBuffer region, int offset) {
        return Views.acquireInt(region, offset + HOST_SLEEPING_OFFSET);
    }

    /** Host: before a nonzero store the command head is published; a full fence and a last look at the queues follow. */
    public static void hostSleeping(ByteBuffer region, int offset, int value) {
        Views.releaseInt(region, offset + HOST_SLEEPING_OFFSET, value);
    }

    /** Nonzero: events wait for room; the guest rings the host after draining its event queue. */
    public static int eventBacklog(ByteBuffer region, int offset) {
        return Views.acquireInt(region, offset + EVENT_BACKLOG_OFFSET);
    }

    public static void eventBacklog(ByteBuffer region, int offset, int value) {
        Views.releaseInt(region, offset + EVENT_BACKLOG_OFFSET, value);
    }

    /** Commands that the host has consumed. */
    public static long commandHead(ByteBuffer region, int offset) {
        return Views.acquireLong(region, offset + COMMAND_HEAD_OFFSET);
    }

    /** 0 awake; else a number that differs for each sleep. Host: a full fence stands before this load. */
    public static int guestSleeping(ByteBuffer region, int offset) {
        return Views.acquireInt(region, offset + GUEST_SLEEPING_OFFSET);
    }

    /** Guest: a full fence and a last look at the event queue follow a nonzero store. */
    public static void guestSleeping(ByteBuffer region, int offset, int value) {
        Views.releaseInt(region, offset + GUEST_SLEEPING_OFFSET, value);
    }

    /** {@link #FREE} or {@link #OPEN}, or whatever a hostile guest wrote. */
    public static int state(ByteBuffer region, int offset) {
        return Views.acquireInt(region, offset + STATE_OFFSET);
    }

    public static void state(ByteBuffer region, int offset, int value) {
        Views.releaseInt(region, offset + STATE_OFFSET, value);
    }

    /** Events that the guest says it has consumed. */
    public static long eventHead(ByteBuffer region, int offset) {
        return Views.acquireLong(region, offset + EVENT_HEAD_OFFSET);
    }
}
