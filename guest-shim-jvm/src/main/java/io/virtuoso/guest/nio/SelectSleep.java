package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.EventContext;
import io.virtuoso.guest.core.Threads;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How a selecting thread sleeps: itself, for there is no faster way. A virtual thread would keep a carrier from all
 * others meanwhile, so for it a thread of the platform sleeps.
 */
final class SelectSleep {
    /** Made when the first virtual thread selects. */
    private static final class Sleepers {
        private static final ExecutorService THREADS = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(null, task, "virtuoso-select", 0, false);
            thread.setDaemon(true);
            return thread;
        });
    }

    private SelectSleep() {}

    /** See {@link EventContext#sleep}. An interrupt alone does not end the sleep. */
    static void sleep(EventContext context, long timeoutNanos, int otherFd) {
        if (!Threads.isVirtual(Thread.currentThread())) {
            context.sleep(timeoutNanos, otherFd);
            return;
        }
        Future<?> sleep = Sleepers.THREADS.submit(() -> context.sleep(timeoutNanos, otherFd));
        boolean interrupted = false;
        while (!sleep.isDone()) {
            try {
                sleep.get();
            } catch (InterruptedException e) {
                interrupted = true; // the selector hears of it by itself, and wakes the sleeper
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
