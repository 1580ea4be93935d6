package io.virtuoso.host.fastpath;

import io.virtuoso.host.ffm.EpollSet;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.vswitch.MachinePort;
import java.io.IOException;
import java.util.function.IntConsumer;

/**
 * Where the stack thread sleeps: one epoll over the guests' doorbells, the ports and the control thread's wake-up.
 * Doorbells are watched edge-triggered and never read, so that a guest cannot make a read block. Stack thread only.
 */
public final class Sleeper implements MachinePort.Kicks, AutoCloseable {
    /** For descriptors that belong to no attachment. */
    static final int NOBODY = -1;

    /** The stack looks after itself at least this often while something is winding down. */
    static final long LONGEST_NS = 100_000_000L;

    private static final int MAX_EVENTS = 64;

    private final EpollSet epoll;
    private int ready;
    private long sleeps;

    /** @throws IOException if the process has no descriptor left */
    public Sleeper() throws IOException {
        epoll = new EpollSet(MAX_EVENTS);
    }

    /** @return times slept since the start */
    long sleeps() {
        return sleeps;
    }

    /**
     * Watches a doorbell.
     *
     * @param owner attachment id, or {@link #NOBODY}
     */
    void watch(int fd, int owner) {
        epoll.add(fd, Linux.EPOLLIN | Linux.EPOLLET, owner);
    }

    /** {@inheritDoc} Nobody is told: the switch looks after each sleep. */
    @Override
    public void watch(int fd) {
        watch(fd, NOBODY);
    }

    /** Watches a doorbell no more. Closing it is not enough: its guest may hold a copy and go on ringing. */
    @Override
    public void unwatch(int fd) {
        epoll.remove(fd);
    }

    /** Watches a port, level-triggered. */
    public void watchPort(int fd) {
        epoll.add(fd, Linux.EPOLLIN, NOBODY);
    }

    /**
     * Watches an island, level-triggered.
     *
     * @param fd    its own sleeper's
     * @param owner its number
     */
    void watchIsland(int fd, int owner) {
        epoll.add(fd, Linux.EPOLLIN, owner);
    }

    /** @return a descriptor that is readable while something that is watched wants to be looked after */
    int fd() {
        return epoll.fd();
    }

    /**
     * @param timeoutNs longest sleep; Long.MAX_VALUE for no limit
     */
    void sleep(long timeoutNs) {
        sleeps++;
        ready = epoll.await(timeoutNs == Long.MAX_VALUE ? -1 : timeoutNs);
    }

    /** Looks at the doorbells without sleeping. @return true if one has rung */
    boolean look() {
        ready = epoll.await(0);
        return ready > 0;
    }

    /** Visits the owners of the doorbells that the last {@link #sleep} or {@link #look} found. */
    void forEachRung(IntConsumer visitor) {
        for (int i = 0; i < ready; i++) {
            final int owner = (int) epoll.data(i);
            if (owner != NOBODY) {
                visitor.accept(owner);
            }
        }
    }

    @Override
    public void close() {
        epoll.close();
    }
}
