package io.virtuoso.host.vm;

import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.vhost.VhostBackend;
import io.virtuoso.host.vhost.VhostSocket;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.vswitch.MachinePort;
import java.util.function.Consumer;

/**
 * A monitor's connection, and with it one virtual machine's network card, whose frames are the stack thread's business.
 * VM thread only, but for what the stack thread tells.
 */
final class NetConnection extends MonitorConnection implements MachinePort.Monitor {
    private final MachinePort port;
    private final Consumer<Runnable> stack;
    private final VhostBackend backend;
    private final VhostSocket messages;

    NetConnection(
            final VmAgent agent,
            final Guest guest,
            final int socket,
            final MachinePort port,
            final Consumer<Runnable> stack) {
        super(agent, guest, socket, "the network card");
        this.port = port;
        this.stack = stack;
        this.backend =
                new VhostBackend(new NetDevice(port, stack), (ring, fd) -> stack.accept(() -> port.kickBy(ring, fd)));
        this.messages = new VhostSocket(socket, backend);
    }

    /** @return false if the connection cannot be watched */
    boolean open() {
        if (!watch(LISTENS)) {
            return false;
        }
        stack.accept(() -> port.connect(this));
        return true;
    }

    @Override
    boolean serve() throws VmFault {
        return messages.serve();
    }

    @Override
    void release() {
        messages.close();
        backend.close();
        stack.accept(port::disconnect);
        agent().ended(this);
    }

    /** Tells the driver what the stack thread wants it to know. */
    void callDriver() {
        final int due = port.takeCalls();
        for (int ring = 0; !isClosed() && ring < MachinePort.RINGS; ring++) {
            if ((due & 1 << ring) != 0) {
                backend.callDriver(ring);
            }
        }
    }

    // ---- from the stack thread

    /** {@inheritDoc} The monitor could have made its descriptor one that waits: not the stack thread shall. */
    @Override
    public void callsDue() {
        agent().callsDue();
    }

    @Override
    public void faulted(final VmFault fault) {
        agent().post(() -> fault(fault));
    }
}
