package io.virtuoso.host.control;

import io.virtuoso.host.ffm.EpollSet;
import java.io.IOException;
import org.agrona.collections.Long2ObjectHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The epoll of a thread that serves descriptors: the control thread's, the VM thread's. Answers are matched by a number
 * that is never used twice, so that an event of a descriptor just closed cannot reach the next one of the same number.
 */
public final class Watcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);
    static final int EVENTS_PER_WAIT = 256;

    private final EpollSet epoll;
    private final Long2ObjectHashMap<Watch> watches = new Long2ObjectHashMap<>();
    private long nextId = 1;

    /** Somebody who waits for a descriptor. */
    public interface Handler {
        /** @param events EPOLL bits of {@link io.virtuoso.host.ffm.Linux} */
        void ready(int events);

        /** A fault of our own while serving this descriptor: give it up. */
        void failed();
    }

    /**
     * A descriptor that is watched.
     *
     * @param id      unique
     * @param fd      stays the handler's, who removes the watch before closing it
     * @param handler is told
     */
    public record Watch(long id, int fd, Handler handler) {}

    /** @throws IOException naming the errno, such as EMFILE */
    public Watcher() throws IOException {
        epoll = new EpollSet(EVENTS_PER_WAIT);
    }

    /** @return the watch, or null if the kernel refuses (no memory, or not a descriptor that can be waited for) */
    public Watch add(final int fd, final int events, final Handler handler) {
        final Watch watch = new Watch(nextId++, fd, handler);
        if (epoll.add(fd, events, watch.id()) < 0) {
            return null;
        }
        watches.put(watch.id(), watch);
        return watch;
    }

    public void modify(final Watch watch, final int events) {
        epoll.modify(watch.fd(), events, watch.id());
    }

    /** Removing explicitly matters: a guest may hold a copy of the descriptor, which keeps it in the epoll. */
    public void remove(final Watch watch) {
        if (watch != null && watches.remove(watch.id()) != null) {
            epoll.remove(watch.fd());
        }
    }

    /** @return descriptors watched now */
    int size() {
        return watches.size();
    }

    /**
     * Sleeps until something happens, and serves it.
     *
     * @param timeoutNs 0 to look only, negative to wait without end
     * @return how much happened
     */
    public int await(final long timeoutNs) {
        final int count = epoll.await(timeoutNs);
        for (int i = 0; i < count; i++) {
            final Watch watch = watches.get(epoll.data(i));
            if (watch != null) {
                serve(watch, epoll.events(i));
            }
        }
        return count;
    }

    private void serve(final Watch watch, final int events) {
        try {
            watch.handler().ready(events);
        } catch (final RuntimeException e) {
            LOG.error("fault of this thread; the connection it happened on is given up", e);
            watch.handler().failed();
        }
    }

    @Override
    public void close() {
        epoll.close();
    }
}
