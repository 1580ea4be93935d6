package io.virtuoso.guest.netty;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.virtuoso.guest.core.EventContext;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The I/O of one netty event loop: {@code new MultiThreadIoEventLoopGroup(VirtuosoIoHandler.newFactory())}.
 *
 * <p>The loop drains and sleeps on one {@link EventContext}. A round costs as much as there are sockets for which
 * something happened, however many are registered.
 */
public final class VirtuosoIoHandler implements IoHandler {
    private static final InternalLogger LOG = InternalLoggerFactory.getInstance(VirtuosoIoHandler.class);

    private final ThreadAwareExecutor loop;
    private final EventContext events = EventContext.open();
    private final Set<StreamRegistration> registrations = ConcurrentHashMap.newKeySet();
    private final ArrayDeque<StreamRegistration> listed = new ArrayDeque<>(); // the loop's thread only
    private final Queue<StreamRegistration> listedByOthers = new ConcurrentLinkedQueue<>();

    private VirtuosoIoHandler(ThreadAwareExecutor loop) {
        this.loop = Objects.requireNonNull(loop, "loop");
    }

    /**
     * Makes the handlers of an event loop group.
     *
     * @return a factory for any number of groups
     */
    public static IoHandlerFactory newFactory() {
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor executor) {
                return new VirtuosoIoHandler(executor);
            }

            @Override
            public boolean isChangingThreadSupported() {
                return true;
            }
        };
    }

    @Override
    public int run(IoHandlerContext context) {
        events.consumeWakeup(); // before the queues are looked at: what comes after it ends the sleep
        collect();
        if (listed.isEmpty() && context.canBlock()) {
            sleep(context);
            collect();
        }
        if (!context.shouldReportActiveIoTime()) {
            return serveListed();
        }
        long start = System.nanoTime();
        int served = serveListed();
        context.reportActiveIoTime(System.nanoTime() - start);
        return served;
    }

    private void sleep(IoHandlerContext context) {
        boolean unlimited = context.deadlineNanos() == -1;
        events.sleep(unlimited ? -1 : Math.max(0, context.delayNanos(System.nanoTime())), -1);
    }

    private void collect() {
        events.drain();
        for (StreamRegistration next; (next = listedByOthers.poll()) != null; ) {
            listed.add(next);
        }
    }

    /** Serves what is listed now; what lists itself again waits for the next round, after the loop's tasks. */
    private int serveListed() {
        int served = 0;
        for (int left = listed.size(); left > 0; left--) {
            StreamRegistration next = listed.poll();
            try {
                served += next.serve() ? 1 : 0;
            } catch (RuntimeException e) {
                LOG.warn("A handle failed: {}", next, e);
            }
        }
        return served;
    }

    /** To be looked at in the next round. Any thread. */
    void list(StreamRegistration registration) {
        if (loop.isExecutorThread(Thread.currentThread())) {
            listed.add(registration);
        } else {
            listedByOthers.add(registration);
            events.wakeup();
        }
    }

    void forget(StreamRegistration registration) {
        registrations.remove(registration);
    }

    EventContext events() {
        return events;
    }

    @Override
    public IoRegistration register(IoHandle handle) {
        if (!(handle instanceof VirtuosoIoHandle own)) {
            throw new IllegalArgumentException(handle + " is no VirtuosoIoHandle");
        }
        StreamRegistration made = new StreamRegistration(this, own);
        registrations.add(made);
        made.begin(events);
        return made;
    }

    @Override
    public void wakeup() {
        if (!loop.isExecutorThread(Thread.currentThread())) {
            events.wakeup();
        }
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return VirtuosoIoHandle.class.isAssignableFrom(handleType);
    }

    @Override
    public void prepareToDestroy() {
        for (StreamRegistration registration : List.copyOf(registrations)) {
            try {
                registration.end();
            } catch (Exception e) {
                LOG.debug("A handle failed to close: {}", registration, e);
            }
        }
    }

    /** A loop that was told to end while it was about to may not have prepared for it. */
    @Override
    public void destroy() {
        prepareToDestroy();
        events.close();
    }
}
