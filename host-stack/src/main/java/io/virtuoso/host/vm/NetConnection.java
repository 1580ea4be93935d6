package io.virtuoso.host.vm;

import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.vhost.VhostBackend;
import io.virtuoso.host.vhost.VhostSocket;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import io.virtuoso.host.vswitch.MachinePort;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A monitor's connection, and with it one virtual machine's network card, whose frames are the stack thread's business.
 * VM thread only, but for what the stack thread tells.
 */
final class NetConnection implements Watcher.Handler, MachinePort.Monitor {
    private static final Logger LOG = LoggerFactory.getLogger(NetConnection.class);

    private final VmAgent agent;
    private final Guest guest;
    private final int socket;
    private final MachinePort port;
    private final Consumer<Runnable> stack;
    private final VhostBackend backend;
    private final VhostSocket messages;
    private Watcher.Watch watch;
    private boolean closed;

    NetConnection(
            final VmAgent agent,
            final Guest guest,
            final int socket,
            final MachinePort port,
            final Consumer<Runnable> stack) {
        this.agent = agent;
        this.guest = guest;
        this.socket = socket;
        this.port = port;
        this.stack = stack;
        this.backend =
                new VhostBackend(new NetDevice(port, stack), (ring, fd) -> stack.accept(() -> port.kickBy(ring, fd)));
        this.messages = new VhostSocket(socket, backend);
    }

    /** @return false if the connection cannot be watched */
    boolean open() {
        watch = agent.watcher().add(socket, Linux.EPOLLIN | Linux.EPOLLRDHUP, this);
        if (watch == null) {
            Libc.close(socket);
            return false;
        }
        stack.accept(() -> port.connect(this));
        return true;
    }

    boolean isOf(final Guest other) {
        return guest.equals(other);
    }

    @Override
    public void ready(final int events) {
        try {
            if (!messages.serve()) {
                LOG.info("the network card of {} is gone", guest);
                close();
            }
        } catch (final VmFault e) {
            fault(e);
        }
    }

    @Override
    public void failed() {
        fault(new VmFault(Reason.HOST_FAULT));
    }

    private void fault(final VmFault fault) {
        if (!closed) {
            LOG.warn("the network card of {} is cut off: {}", guest, fault.getMessage());
            agent.countFault(fault.reason());
            close();
        }
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        agent.watcher().remove(watch);
        messages.close();
        backend.close();
        stack.accept(port::disconnect);
        Libc.close(socket);
        agent.ended(this);
    }

    /** Tells the driver what the stack thread wants it to know. */
    void callDriver() {
        final int due = port.takeCalls();
        for (int ring = 0; !closed && ring < MachinePort.RINGS; ring++) {
            if ((due & 1 << ring) != 0) {
                backend.callDriver(ring);
            }
        }
    }

    // ---- from the stack thread

    /** {@inheritDoc} The monitor could have made its descriptor one that waits: not the stack thread shall. */
    @Override
    public void callsDue() {
        agent.callsDue();
    }

    @Override
    public void faulted(final VmFault fault) {
        agent.post(() -> fault(fault));
    }
}
