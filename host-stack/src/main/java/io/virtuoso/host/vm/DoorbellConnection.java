package io.virtuoso.host.vm;

import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.ivshmem.DoorbellDevice;
import io.virtuoso.host.ivshmem.IvshmemServer;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A monitor's connection, and with it one virtual machine's ivshmem-doorbell device. The vectors of both sides belong
 * together: who is rung by one rings the host stack by the other of the same number. VM thread only.
 */
final class DoorbellConnection implements Watcher.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(DoorbellConnection.class);
    private static final int WAITS_FOR_ROOM = Linux.EPOLLIN | Linux.EPOLLRDHUP | Linux.EPOLLOUT;
    private static final int LISTENS = Linux.EPOLLIN | Linux.EPOLLRDHUP;

    private final VmAgent agent;
    private final Guest guest;
    private final int socket;
    private final DoorbellDevice device;
    private final IvshmemServer server;
    private final Listener[] listeners = new Listener[DoorbellDevice.VECTORS];
    private final Watcher.Watch[] watches = new Watcher.Watch[DoorbellDevice.VECTORS];
    private Watcher.Watch watch;
    private boolean closed;

    /** Who uses a vector. */
    interface Listener {
        /** The machine has rung. */
        void rung();

        /** The device is gone: there will be no ring any more, in neither direction. */
        void lost();
    }

    private DoorbellConnection(final VmAgent agent, final Guest guest, final int socket, final DoorbellDevice device) {
        this.agent = agent;
        this.guest = guest;
        this.socket = socket;
        this.device = device;
        this.server = new IvshmemServer(socket, device);
    }

    /**
     * Begins to serve a connection.
     *
     * @param socket the connection's from now on, unless this fails
     * @param bytes  of the machine's memory
     * @throws IOException naming the errno
     */
    static DoorbellConnection open(final VmAgent agent, final Guest guest, final int socket, final long bytes)
            throws IOException {
        final DoorbellDevice device = DoorbellDevice.create("virtuoso-vm-" + guest.name(), bytes);
        final DoorbellConnection connection = new DoorbellConnection(agent, guest, socket, device);
        connection.watch = agent.watcher().add(socket, WAITS_FOR_ROOM, connection);
        if (connection.watch == null) {
            device.close();
            throw new IOException("the connection cannot be watched");
        }
        return connection;
    }

    boolean isOf(final Guest other) {
        return guest.equals(other);
    }

    /** @return true if a descriptor is one of the device's memory */
    boolean isMemory(final int fd) {
        return device.isMemory(fd);
    }

    /** Has a vector's rings told; a former listener is forgotten. */
    void listen(final int vector, final Listener listener) {
        if (listeners[vector] == null) {
            watches[vector] = agent.watcher()
                    .add(device.hostVector(vector), Linux.EPOLLIN | Linux.EPOLLET, new VectorHandler(vector));
        }
        listeners[vector] = listener;
    }

    /** Ends what {@link #listen} began, unless another one listens by now. */
    void ignore(final int vector, final Listener listener) {
        if (!closed && listeners[vector] == listener) {
            listeners[vector] = null;
            agent.watcher().remove(watches[vector]);
        }
    }

    /** Interrupts the machine. */
    void ring(final int vector) {
        if (!closed) {
            device.ring(vector);
            agent.countVector(false);
        }
    }

    @Override
    public void ready(final int events) {
        try {
            if (!server.receive() || !server.send()) {
                LOG.info("an ivshmem device of guest {} is gone", guest);
                close();
            } else if (server.isComplete()) {
                agent.watcher().modify(watch, LISTENS);
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
            LOG.warn("an ivshmem device of guest {} is cut off: {}", guest, fault.getMessage());
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
        for (int vector = 0; vector < listeners.length; vector++) {
            if (listeners[vector] != null) {
                agent.watcher().remove(watches[vector]);
                listeners[vector].lost();
            }
        }
        device.close();
        Libc.close(socket);
        agent.ended(this);
    }

    /** The machine rings. The counter is watched by its edges and never read: a read could wait. */
    private final class VectorHandler implements Watcher.Handler {
        private final int vector;

        VectorHandler(final int vector) {
            this.vector = vector;
        }

        @Override
        public void ready(final int events) {
            if (listeners[vector] != null) {
                listeners[vector].rung();
                agent.countVector(true);
            }
        }

        @Override
        public void failed() {
            DoorbellConnection.this.failed();
        }
    }
}
