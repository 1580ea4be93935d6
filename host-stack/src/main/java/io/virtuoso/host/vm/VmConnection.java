package io.virtuoso.host.vm;

import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.MachineMemory;
import io.virtuoso.host.vhost.DeviceMemory;
import io.virtuoso.host.vhost.VhostBackend;
import io.virtuoso.host.vhost.VhostSocket;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.vsock.VsockDevice;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A monitor's connection, and with it one virtual machine's vsock device. Its end is the machine's end, as far as the host
 * stack is concerned. VM thread only.
 */
final class VmConnection extends MonitorConnection implements AttachPort.Machine {
    private static final Logger LOG = LoggerFactory.getLogger(VmConnection.class);

    /**
     * Every machine's context identifier: machines do not see each other, and a monitor does not ask again after the host
     * stack was restarted.
     */
    private static final long GUEST_CID = 3;

    private final VsockDevice device;
    private final VhostBackend backend;
    private final VhostSocket messages;
    private final Watcher.Watch[] kicks;
    private MachineMemory memory;
    private boolean waiting;

    VmConnection(final VmAgent agent, final Guest guest, final int socket) {
        super(agent, guest, socket, "a virtual machine");
        this.device = new VsockDevice(GUEST_CID, new HostPorts(new AttachPort(this)));
        this.kicks = new Watcher.Watch[device.queueCount()];
        this.backend = new VhostBackend(device, this::kicksBy);
        this.messages = new VhostSocket(socket, backend);
    }

    private void kicksBy(final int ring, final int fd) {
        agent().watcher().remove(kicks[ring]);
        kicks[ring] = fd < 0 ? null : agent().watcher().add(fd, Linux.EPOLLIN | Linux.EPOLLET, new KickHandler());
    }

    // ---- what attaching needs

    @Override
    public ControlMailbox control() {
        return agent().control();
    }

    @Override
    public Watcher watcher() {
        return agent().watcher();
    }

    @Override
    public Optional<MachineMemory> memory(final long address) {
        final Optional<DeviceMemory> found = backend.deviceMemory().filter(device -> device.address() == address);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        if (memory == null
                || memory.address() != address
                || memory.bytes() != found.get().bytes()) {
            final int fd = Libc.duplicate(found.get().fd());
            if (fd < 0) {
                return Optional.empty();
            }
            closeMemory();
            memory = new MachineMemory(address, found.get().bytes(), fd);
        }
        return Optional.of(memory);
    }

    @Override
    public Optional<DoorbellConnection> doorbells() {
        return backend.deviceMemory().flatMap(device -> agent().doorbell(guest(), device.fd()));
    }

    private void closeMemory() {
        if (memory != null) {
            memory.close();
            memory = null;
        }
    }

    @Override
    public void wake() {
        if (!waiting && !isClosed()) {
            waiting = true;
            agent().again(this);
        }
    }

    // ---- turns

    @Override
    boolean serve() throws VmFault {
        final boolean there = messages.serve();
        if (there) {
            serveDevice();
        }
        return there;
    }

    /** Goes on with what did not fit into the last turn. */
    void turn() {
        waiting = false;
        try {
            serveDevice();
        } catch (final VmFault e) {
            fault(e);
        } catch (final RuntimeException e) {
            LOG.error("fault of the VM thread; the machine it happened on is given up", e);
            failed();
        }
    }

    private void serveDevice() throws VmFault {
        final boolean more = device.serve();
        backend.callDriver();
        if (more) {
            wake();
        }
    }

    @Override
    void release() {
        messages.close();
        backend.close();
        closeMemory();
        agent().ended(this);
    }

    /** The driver has offered buffers. The counter is watched by its edges and never read: a read could wait. */
    private final class KickHandler implements Watcher.Handler {
        @Override
        public void ready(final int events) {
            try {
                serveDevice();
            } catch (final VmFault e) {
                fault(e);
            }
        }

        @Override
        public void failed() {
            VmConnection.this.failed();
        }
    }
}
