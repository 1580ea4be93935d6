package io.virtuoso.host.vm;

import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of a virtual machine's monitor, and with it one device of that machine. Whoever breaks the device's rules
 * is cut off, with a reason that is counted. VM thread only.
 */
abstract class MonitorConnection implements Watcher.Handler {
    static final int LISTENS = Linux.EPOLLIN | Linux.EPOLLRDHUP;

    private static final Logger LOG = LoggerFactory.getLogger(MonitorConnection.class);

    private final VmAgent agent;
    private final Guest guest;
    private final int socket;
    private final String device;
    private Watcher.Watch watch;
    private boolean closed;

    /**
     * @param socket this connection's once {@link #watch} has succeeded
     * @param device what it is called in messages
     */
    MonitorConnection(final VmAgent agent, final Guest guest, final int socket, final String device) {
        this.agent = agent;
        this.guest = guest;
        this.socket = socket;
        this.device = device;
    }

    /** @return false if the connection cannot be watched */
    final boolean watch(final int events) {
        watch = agent.watcher().add(socket, events, this);
        return watch != null;
    }

    final void watchFor(final int events) {
        agent.watcher().modify(watch, events);
    }

    final VmAgent agent() {
        return agent;
    }

    /** @return the guest whose machine it is */
    public final Guest guest() {
        return guest;
    }

    final boolean isOf(final Guest other) {
        return guest.equals(other);
    }

    final boolean isClosed() {
        return closed;
    }

    @Override
    public final void ready(final int events) {
        try {
            if (!serve()) {
                LOG.info("{} of guest {} is gone", device, guest);
                close();
            }
        } catch (final VmFault e) {
            fault(e);
        }
    }

    /**
     * Does what the monitor asks for.
     *
     * @return false if it is gone
     */
    abstract boolean serve() throws VmFault;

    @Override
    public final void failed() {
        fault(new VmFault(Reason.HOST_FAULT));
    }

    final void fault(final VmFault fault) {
        if (!closed) {
            LOG.warn("{} of guest {} is cut off: {}", device, guest, fault.getMessage());
            agent.countFault(fault.reason());
            close();
        }
    }

    final void close() {
        if (closed) {
            return;
        }
        closed = true;
        agent.watcher().remove(watch);
        release();
        Libc.close(socket);
    }

    /** Gives back all but the connection itself, and tells the agent. Called once. */
    abstract void release();
}
