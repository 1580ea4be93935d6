package io.virtuoso.guest.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock for a few instructions, in which nobody blocks: taken by virtual threads without pinning them. Releasing it is
 * a full barrier.
 */
final class SpinLock {
    private static final int SPINS = 64;
    private static final int YIELDS = 64;
    private static final long NAP_NS = 50_000L;
    private static final VarHandle HELD;

    static {
        try {
            HELD = MethodHandles.lookup().findVarHandle(SpinLock.class, "held", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // by HELD
    private volatile int held;

    @SuppressWarnings("ThreadPriorityCheck") // the one waited for needs a processor and is not known here
    void lock() {
        for (int i = 0; !HELD.compareAndSet(this, 0, 1); i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else if (i < SPINS + YIELDS) {
                Thread.yield(); // the holder was preempted
            } else {
                LockSupport.parkNanos(this, NAP_NS); // virtual threads that only yield keep the holder off its carrier
            }
        }
    }

    /** @return false if it is held */
    boolean tryLock() {
        return HELD.compareAndSet(this, 0, 1);
    }

    void unlock() {
        held = 0;
    }
}
