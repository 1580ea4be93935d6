package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where one platform thread sleeps: on a context's doorbell, a counter by which other threads wake it, and perhaps a
 * third descriptor. One thread sleeps; any may {@link #kick}.
 */
final class Sleeper {
    /** No third descriptor. */
    static final int NONE = -1;

    private static final Cleaner CLEANER = Cleaner.create();
    private static final int POLLFD_BYTES = 8;
    private static final int REVENTS = 6;
    private static final short POLLIN = 1;

    private final Os os;
    private final int kickFd;
    private final ByteBuffer pollfds =
            ByteBuffer.allocateDirect(3 * POLLFD_BYTES).order(ByteOrder.nativeOrder());
    private final ByteBuffer kickBytes = ByteBuffer.allocateDirect(Long.BYTES);
    private final Cleaner.Cleanable counter;
    private final ReentrantLock counterLock = new ReentrantLock();
    private volatile boolean retired;
    private volatile boolean sleeping;
    private volatile boolean kicked;
    private boolean otherReady;
    private final Linger linger = new Linger();
    private final Awake awake = new Awake();

    /** What ends a wait before it has become a sleep. */
    private final class Awake implements Linger.Awaited {
        private Context context;
        private int otherFd;

        @Override
        public boolean hasCome() {
            return kicked || context.hasEvents();
        }

        /** The sleep that follows asks again, and says so. */
        @Override
        public boolean inKernel() {
            if (otherFd < 0) {
                return false;
            }
            set(0, otherFd);
            return os.poll(pollfds, 1, 0) > 0;
        }
    }

    Sleeper(Os os) {
        this.os = os;
        this.kickFd = os.eventfd();
        if (kickFd < 0) {
            throw new IllegalStateException("Too many open files");
        }
        int fd = kickFd;
        this.counter = CLEANER.register(this, () -> os.close(fd));
    }

    /** Ends the present sleep, or else the next one at its beginning. Any thread. */
    void kick() {
        kicked = true;
        VarHandle.fullFence();
        if (sleeping) {
            count();
        }
    }

    private void count() {
        counterLock.lock();
        try {
            if (!retired) {
                os.writeEight(kickFd);
            }
        } finally {
            counterLock.unlock();
        }
    }

    /** Closes the counter at once. Nobody sleeps here, now or later; who kicks does no harm. */
    void retire() {
        counterLock.lock();
        try {
            retired = true;
            counter.clean();
        } finally {
            counterLock.unlock();
        }
    }

    /** Takes a kick back that was meant for this moment. */
    void unkick() {
        kicked = false;
    }

    /** Whether the third descriptor of the last sleep was ready. */
    boolean otherReady() {
        return otherReady;
    }

    /**
     * Sleeps until the context's doorbell rings, somebody kicks, the third descriptor is readable, or time is over.
     * Does not sleep if the context has events or somebody has kicked already. Drains nothing. In a virtual machine it
     * waits awake first, see {@link Linger}.
     *
     * @param context may be null: there is no host stack
     * @param timeoutNanos negative: no limit
     */
    void sleep(Context context, long timeoutNanos, int otherFd) {
        otherReady = false;
        if (awaitAwake(context, timeoutNanos, otherFd)) {
            kicked = false;
            return;
        }
        sleeping = true;
        VarHandle.fullFence();
        if (context != null) {
            context.enterSleep();
        }
        if (!kicked && (context == null || !context.hasEvents())) {
            poll(context, timeoutNanos, otherFd);
        }
        sleeping = false;
        if (context != null) {
            context.leaveSleep();
        }
        kicked = false;
    }

    /**
     * Waits for events or a kick before a sleep, where waking up is dear and waits like this one have paid.
     *
     * @return false: sleep
     */
    boolean awaitAwake(Context context, long timeoutNanos, int otherFd) {
        if (context == null || !context.attachment().isWakingDear() || kicked || context.hasEvents()) {
            return false;
        }
        awake.context = context;
        awake.otherFd = otherFd;
        boolean came = linger.await(awake, timeoutNanos);
        awake.context = null; // a host stack that is gone is to be forgotten
        return came;
    }

    /**
     * Sleeps until the context's doorbell rings, somebody kicks, or time is over. Whether the host stack rings is the
     * caller's concern.
     *
     * @param timeoutNanos negative: no limit
     */
    void watch(Context context, long timeoutNanos) {
        sleeping = true;
        VarHandle.fullFence();
        if (!kicked) {
            poll(context, timeoutNanos, NONE);
        }
        sleeping = false;
        kicked = false;
    }

    private void poll(Context context, long timeoutNanos, int otherFd) {
        int count = 0;
        set(count++, kickFd);
        int doorbellAt = -1;
        if (context != null) {
            doorbellAt = count;
            set(count++, context.doorbell());
        }
        int otherAt = -1;
        if (otherFd >= 0) {
            otherAt = count;
            set(count++, otherFd);
        }
        if (os.poll(pollfds, count, timeoutNanos) <= 0) {
            return;
        }
        if (ready(0)) {
            kickBytes.clear();
            os.read(kickFd, kickBytes);
        }
        if (doorbellAt >= 0 && ready(doorbellAt)) {
            context.clearDoorbell();
        }
        otherReady = otherAt >= 0 && ready(otherAt);
    }

    private void set(int at, int fd) {
        pollfds.putInt(at * POLLFD_BYTES, fd);
        pollfds.putShort(at * POLLFD_BYTES + 4, POLLIN);
        pollfds.putShort(at * POLLFD_BYTES + REVENTS, (short) 0);
    }

    private boolean ready(int at) {
        return pollfds.getShort(at * POLLFD_BYTES + REVENTS) != 0;
    }
}
