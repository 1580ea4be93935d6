package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A daemon thread that serves context 0: sockets of virtual threads, of asynchronous channels, of several selectors at
 * once, and of platform threads for which no context is left. It also notices the host stack's end, and its return.
 *
 * <p>Once a virtual thread has waited, it leaves events that come close together to a {@link VirtualDrainer}, and only
 * sleeps on the doorbell. If that one gets no carrier, as when virtual threads that are pinned hold all of them, this
 * thread takes the events, every millisecond.
 */
final class Hub implements Runnable {
    private static final long RETRY_NS = 60_000_000L;
    private static final long FOR_EVER = -1;
    private static final long NO_CARRIER_NS = 1_000_000L;

    private final Link link;
    private final Sleeper sleeper;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean virtualThreadsWait;
    private VirtualDrainer drainer;

    Hub(Link link, Os os) {
        this.link = link;
        this.sleeper = new Sleeper(os);
    }

    /** A new attachment is there. */
    void attached() {
        if (started.compareAndSet(false, true)) {
            Thread thread = new Thread(null, this, "virtuoso-hub", 0, false);
            thread.setDaemon(true);
            thread.start();
        }
        sleeper.kick();
    }

    /** Something for this thread to look at. */
    void nudge() {
        sleeper.kick();
    }

    /** The calling thread is virtual and is going to wait for an event of context 0. */
    void virtualThreadWaits() {
        if (!virtualThreadsWait) {
            virtualThreadsWait = true;
            sleeper.kick();
        }
    }

    @Override
    public void run() {
        Attachment served = null;
        while (true) {
            Attachment now = link.currentAttachment();
            if (now == null) {
                served = null;
                waitForHostStack();
                continue;
            }
            if (now != served) {
                served = now;
                link.bringBack(now);
            }
            serve(now.hubContext());
        }
    }

    private void waitForHostStack() {
        if (link.hasResidents()) {
            link.attachment();
            if (link.currentAttachment() != null) {
                return;
            }
        }
        sleeper.sleep(null, link.hasResidents() ? RETRY_NS : FOR_EVER, Sleeper.NONE);
    }

    private void serve(Context context) {
        if (virtualThreadsWait) {
            serveByDrainer(context);
        } else if (context.drain() == 0) {
            sleeper.sleep(context, FOR_EVER, Sleeper.NONE);
        }
    }

    /** One event is passed on here and now: that is the shorter way for whoever waits alone. */
    private void serveByDrainer(Context context) {
        if (drainer == null) {
            drainer = VirtualDrainer.start();
        }
        boolean stuck = drainer.isWaitedFor();
        int count = context.drain();
        if (!stuck) {
            if (count <= 1 && sleeper.awaitAwake(context, FOR_EVER, Sleeper.NONE)) {
                return;
            }
            context.enterSleep();
            if (count > 1 || context.hasEvents()) {
                drainer.call(context);
            }
        }
        sleeper.watch(context, drainer.isWaitedFor() ? NO_CARRIER_NS : FOR_EVER);
    }
}
