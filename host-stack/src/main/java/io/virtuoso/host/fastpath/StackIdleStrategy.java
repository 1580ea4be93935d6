package io.virtuoso.host.fastpath;

import org.agrona.concurrent.IdleStrategy;

/**
 * What the stack thread does when there is nothing to do: wait a moment for the next command, then sleep.
 *
 * <p>Waiting saves a wake-up, the dearest thing on the path, but takes a core from whoever could use it. So the stack
 * waits only while the guests that run leave a core over, and sleeps at once otherwise: then they work off what they
 * have, and commands come in batches. On a processor of its own it takes nothing from anybody, and always waits. Stack
 * thread only.
 */
final class StackIdleStrategy implements IdleStrategy {
    /** Says that cores have processors of their own. */
    static final int NONE_SHARED = Integer.MAX_VALUE;

    private static final int LOOKS_BETWEEN_CHECKS = 16;

    private final FastPathCore core;
    private final int cores;
    private final long longestWaitNs;
    private long waitingSinceNs;
    private int looks;

    /**
     * @param cores         that guests and all of the stack's threads share, or {@link #NONE_SHARED}
     * @param longestWaitNs how long to wait for work before sleeping
     */
    StackIdleStrategy(FastPathCore core, int cores, long longestWaitNs) {
        this.core = core;
        this.cores = cores;
        this.longestWaitNs = longestWaitNs;
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (looks++ % LOOKS_BETWEEN_CHECKS == 0 && !mayWait()) {
            core.sleep();
            reset();
        } else {
            Thread.onSpinWait();
        }
    }

    private boolean mayWait() {
        final long now = System.nanoTime();
        if (looks == 1) {
            waitingSinceNs = now;
        }
        return now - waitingSinceNs < longestWaitNs && core.othersAwake() < cores;
    }

    @Override
    public void reset() {
        looks = 0;
    }
}
