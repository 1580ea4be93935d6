package io.virtuoso.host.vm;

import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.ivshmem.DoorbellDevice;
import io.virtuoso.host.ivshmem.IvshmemServer;
import io.virtuoso.host.virtio.VmFault;
import java.io.IOException;

/**
 * A monitor's connection, and with it one virtual machine's ivshmem-doorbell device. The vectors of both sides belong
 * together: who is rung by one rings the host stack by the other of the same number. VM thread only.
 */
final class DoorbellConnection extends MonitorConnection {
    private static final int WAITS_FOR_ROOM = LISTENS | Linux.EPOLLOUT;

    private final DoorbellDevice device;
    private final IvshmemServer server;
    private final Listener[] listeners = new Listener[DoorbellDevice.VECTORS];
    private final Watcher.Watch[] watches = new Watcher.Watch[DoorbellDevice.VECTORS];

    /** Who uses a vector. */
    interface Listener {
        /** The machine has rung. */
        void rung();

        /** The device is gone: there will be no ring any more, in neither direction. */
        void lost();
    }

    private DoorbellConnection(final VmAgent agent, final Guest guest, final int socket, final DoorbellDevice device) {
        super(agent, guest, socket, "an ivshmem device");
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
        if (!connection.watch(WAITS_FOR_ROOM)) {
            device.close();
            throw new IOException("the connection cannot be watched");
        }
        return connection;
    }

    /** @return true if a descriptor is one of the device's memory */
    boolean isMemory(final int fd) {
        return device.isMemory(fd);
    }

    /** Has a vector's rings told; a former listener is forgotten. */
    void listen(final int vector, final Listener listener) {
        if (listeners[vector] == null) {
            watches[vector] = agent().watcher()
                    .add(device.hostVector(vector), Linux.EPOLLIN | Linux.EPOLLET, new VectorHandler(vector));
        }
        listeners[vector] = listener;
    }

    /** Ends what {@link #listen} began, unless another one listens by now. */
    void ignore(final int vector, final Listener listener) {
        if (!isClosed() && listeners[vector] == listener) {
            listeners[vector] = null;
            agent().watcher().remove(watches[vector]);
        }
    }

    /** Interrupts the machine. */
    void ring(final int vector) {
        if (!isClosed()) {
            device.ring(vector);
            agent().countVector(false);
        }
    }

    @Override
    boolean serve() throws VmFault {
        final boolean there = server.receive() && server.send();
        if (there && server.isComplete()) {
            watchFor(LISTENS);
        }
        return there;
    }

    @Override
    void release() {
        for (int vector = 0; vector < listeners.length; vector++) {
            if (listeners[vector] != null) {
                agent().watcher().remove(watches[vector]);
                listeners[vector].lost();
            }
        }
        device.close();
        agent().ended(this);
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
                agent().countVector(true);
            }
        }

        @Override
        public void failed() {
            DoorbellConnection.this.failed();
        }
    }
}
