package io.virtuoso.guest.core;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much a piece of code allocates once it has run often. */
final class Allocation {
    private static final int CALLS = 20_000;
    private static final int ROUNDS = 5;

    private Allocation() {}

    /** Bytes that many calls allocate; the best of some rounds, as the virtual machine allocates when it compiles. */
    static long least(Runnable code) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        run(code);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && least > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            run(code);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private static void run(Runnable code) {
        for (int i = 0; i < CALLS; i++) {
            code.run();
        }
    }
}
