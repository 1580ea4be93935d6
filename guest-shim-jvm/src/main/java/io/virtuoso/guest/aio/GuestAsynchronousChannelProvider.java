package io.virtuoso.guest.aio;

import java.io.IOException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.IllegalChannelGroupException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/** Makes asynchronous channels whose connections are the host stack's. */
public final class GuestAsynchronousChannelProvider extends AsynchronousChannelProvider {
    private static final String FACTORY_PROPERTY = "java.nio.channels.DefaultThreadPool.threadFactory";

    /** The group of all channels that are opened without one. */
    private static final class DefaultGroup {
        private static final GuestChannelGroup INSTANCE = new GuestChannelGroup(
                AsynchronousChannelProvider.provider(), Executors.newCachedThreadPool(threadFactory()));
    }

    /** For {@code AsynchronousChannelProvider.provider()}. */
    public GuestAsynchronousChannelProvider() {
        super(); // nothing to prepare
    }

    /** The initial size that can be asked for by property is not needed: threads come with work. */
    private static ThreadFactory threadFactory() {
        String name = System.getProperty(FACTORY_PROPERTY);
        if (name == null) {
            ThreadFactory factory = Executors.defaultThreadFactory();
            return task -> {
                Thread thread = factory.newThread(task);
                thread.setDaemon(true);
                return thread;
            };
        }
        try {
            return Class.forName(name, true, ClassLoader.getSystemClassLoader())
                    .asSubclass(ThreadFactory.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no thread factory " + name, e);
        }
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(int threads, ThreadFactory factory) {
        return new GuestChannelGroup(this, Executors.newFixedThreadPool(threads, Objects.requireNonNull(factory)));
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(ExecutorService executor, int initialSize) {
        return new GuestChannelGroup(this, Objects.requireNonNull(executor));
    }

    @Override
    public AsynchronousServerSocketChannel openAsynchronousServerSocketChannel(AsynchronousChannelGroup group)
            throws IOException {
        return new GuestAsynchronousServerSocketChannel(this, groupOrDefault(group));
    }

    @Override
    public AsynchronousSocketChannel openAsynchronousSocketChannel(AsynchronousChannelGroup group) {
        return new GuestAsynchronousSocketChannel(this, groupOrDefault(group));
    }

    private static GuestChannelGroup groupOrDefault(AsynchronousChannelGroup group) {
        if (group == null) {
            return DefaultGroup.INSTANCE;
        }
        if (group instanceof GuestChannelGroup ours) {
            return ours;
        }
        throw new IllegalChannelGroupException();
    }
}
