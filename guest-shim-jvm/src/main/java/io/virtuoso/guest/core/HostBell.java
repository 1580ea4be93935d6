package io.virtuoso.guest.core;

import io.virtuoso.protocol.ContextBlock;
import java.nio.ByteBuffer;

/**
 * Rings the host stack for commands of one context: once for each of its sleeps, since a ring is a system call and
 * many commands may be posted before a sleeping host stack gets a processor. Any thread.
 */
final class HostBell {
    private final ByteBuffer region;
    private final int context;
    private final Runnable ring;
    private volatile int rungSleep;

    /**
     * Rings for commands.
     *
     * @param context offset of the context's block
     * @param ring what wakes the host stack
     */
    HostBell(ByteBuffer region, int context, Runnable ring) {
        this.region = region;
        this.context = context;
        this.ring = ring;
    }

    /**
     * A command was posted; a full fence stands between it and this call.
     *
     * <p>If the host stack took it already, it fell asleep after that: a ring would end nothing, and count as this
     * sleep's only one. The number is taken down after the ring, for whoever posts in between.
     *
     * @param position the queue's position behind the command
     */
    void commandPosted(long position) {
        int sleep = ContextBlock.hostSleeping(region, context);
        if (sleep == 0 || sleep == rungSleep || isTaken(position)) {
            return;
        }
        ring.run();
        rungSleep = sleep;
    }

    /** Whether the host stack has taken all commands before a position. */
    boolean isTaken(long position) {
        return ContextBlock.commandHead(region, context) - position >= 0;
    }
}
