package io.virtuoso.host.vm;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.virtio.VirtioDevice;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.vswitch.MachinePort;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A network card as its monitor agrees on it. The rings are the stack thread's, which has taken one, or let it go, when a
 * method returns. VM thread only.
 */
final class NetDevice implements VirtioDevice {
    private static final long FEATURES = 1L << Virtio.VIRTIO_NET_F_CSUM
            | 1L << Virtio.VIRTIO_NET_F_GUEST_CSUM
            | 1L << Virtio.VIRTIO_NET_F_GUEST_TSO4
            | 1L << Virtio.VIRTIO_NET_F_GUEST_TSO6
            | 1L << Virtio.VIRTIO_NET_F_GUEST_ECN
            | 1L << Virtio.VIRTIO_NET_F_HOST_TSO4
            | 1L << Virtio.VIRTIO_NET_F_HOST_TSO6
            | 1L << Virtio.VIRTIO_NET_F_HOST_ECN
            | 1L << Virtio.VIRTIO_NET_F_MRG_RXBUF;

    private final MachinePort port;
    private final Consumer<Runnable> stack;
    private final ByteBuffer config = ByteBuffer.allocate(0);
    private long accepted;

    NetDevice(final MachinePort port, final Consumer<Runnable> stack) {
        this.port = port;
        this.stack = stack;
    }

    @Override
    public long features() {
        return FEATURES;
    }

    @Override
    public int queueCount() {
        return MachinePort.RINGS;
    }

    @Override
    public int announcedQueues() {
        return MachinePort.RINGS / 2;
    }

    /** {@inheritDoc} The monitor has one of its own. */
    @Override
    public ByteBuffer config() {
        return config;
    }

    @Override
    public void accepted(final long features) {
        accepted = features;
    }

    @Override
    public void queueStarted(final int index, final Virtqueue queue) {
        stack.accept(() -> port.start(index, queue, accepted));
    }

    @Override
    public void queueStopped(final int index) {
        stack.accept(() -> port.stop(index));
    }

    @Override
    public void reset() {
        // Nothing is under way between two turns of the stack thread.
    }
}
