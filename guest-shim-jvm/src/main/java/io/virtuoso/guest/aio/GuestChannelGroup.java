package io.virtuoso.guest.aio;

import java.io.IOException;
import java.nio.channels.AsynchronousChannel;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Channels that share the threads of an executor, which ends with the group. Channels that are the platform's belong to
 * a group of the platform on the same executor.
 */
public final class GuestChannelGroup extends AsynchronousChannelGroup {
    private final ExecutorService executor;
    private final Set<AsynchronousChannel> channels = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private AsynchronousChannelGroup platform; // null: never needed
    private boolean platformEnded;
    private volatile boolean shutdown;

    GuestChannelGroup(AsynchronousChannelProvider provider, ExecutorService executor) {
        super(provider);
        this.executor = executor;
    }

    // ---- work --------------------------------------------------------------------------------

    /** Runs a task on a thread of the group. */
    void execute(Runnable task) {
        Runnable ours = () -> GroupThread.run(this, task);
        try {
            executor.execute(ours);
        } catch (RejectedExecutionException e) {
            // The program has shut its executor down: no operation may stay without an end all the same.
            Thread thread = new Thread(ours, "virtuoso-refused");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Runs a handler on a thread of the group: this one, if it is one. */
    void dispatch(Runnable handler) {
        if (!GroupThread.runNested(this, handler)) {
            execute(() -> GroupThread.runNested(this, handler));
        }
    }

    // ---- members -----------------------------------------------------------------------------

    /** A channel comes in. */
    void add(AsynchronousChannel channel) {
        lock.lock();
        try {
            checkRunning();
            channels.add(channel);
        } finally {
            lock.unlock();
        }
    }

    /** A channel is closed, or the platform's. */
    void remove(AsynchronousChannel channel) {
        channels.remove(channel);
        endIfEmpty();
    }

    /** The platform's group on our executor. */
    AsynchronousChannelGroup platform() throws IOException {
        lock.lock();
        try {
            checkRunning();
            if (platform == null) {
                platform = PlatformProvider.get()
                        .openAsynchronousChannelGroup(new BorrowedExecutor(executor, this::platformEnded), 0);
            }
            return platform;
        } finally {
            lock.unlock();
        }
    }

    private void checkRunning() {
        if (shutdown) {
            throw new ShutdownChannelGroupException();
        }
    }

    private void platformEnded() {
        lock.lock();
        try {
            platformEnded = true;
        } finally {
            lock.unlock();
        }
        endIfEmpty();
    }

    private void endIfEmpty() {
        lock.lock();
        try {
            if (shutdown && channels.isEmpty() && (platform == null || platformEnded)) {
                executor.shutdown();
            }
        } finally {
            lock.unlock();
        }
    }

    // ---- the end -----------------------------------------------------------------------------

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown && executor.isTerminated();
    }

    @Override
    public void shutdown() {
        AsynchronousChannelGroup other = beginShutdown();
        if (other != null) {
            other.shutdown();
        }
        endIfEmpty();
    }

    @Override
    public void shutdownNow() throws IOException {
        AsynchronousChannelGroup other = beginShutdown();
        for (AsynchronousChannel channel : List.copyOf(channels)) {
            channel.close();
        }
        if (other != null) {
            other.shutdownNow();
        }
        endIfEmpty();
    }

    private AsynchronousChannelGroup beginShutdown() {
        lock.lock();
        try {
            shutdown = true;
            return platform;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return executor.awaitTermination(timeout, unit);
    }
}
