package io.virtuoso.guest.aio;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** An executor whose user may think that he ends it. */
final class BorrowedExecutor extends AbstractExecutorService {
    private final Executor owned;
    private final Runnable whenShutDown;
    private volatile boolean shutdown;

    BorrowedExecutor(Executor owned, Runnable whenShutDown) {
        this.owned = owned;
        this.whenShutDown = whenShutDown;
    }

    @Override
    public void execute(Runnable task) {
        owned.execute(task);
    }

    @Override
    public void shutdown() {
        shutdown = true;
        whenShutDown.run();
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
