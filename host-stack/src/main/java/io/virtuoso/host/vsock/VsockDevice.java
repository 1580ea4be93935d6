package io.virtuoso.host.vsock;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VirtioVsockConfig;
import io.virtuoso.host.ffm.Virtio.VirtioVsockHdr;
import io.virtuoso.host.virtio.DescriptorChain;
import io.virtuoso.host.virtio.VirtioDevice;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * A virtio-vsock device: carries stream connections that one machine makes to ports of the host. One thread, which calls
 * {@link #serve} whenever the driver has kicked or a program has written.
 *
 * <p>A machine cannot make it remember without bound: it has a limited number of connections, their buffers are limited
 * together ({@link BufferBudget}), and while answers find no room nothing more is taken from the machine. The third queue, for events, is not served here: of
 * QEMU's devices it stays QEMU's.
 */
public final class VsockDevice implements VirtioDevice {
    /** The host's context identifier. */
    public static final long HOST_CID = 2;

    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int QUEUES = 2;
    private static final int MAX_CONNECTIONS = 4096;
    private static final int MAX_ANSWERS = 256;
    private static final int PACKETS_PER_PASS = 256;
    private static final int SHUTDOWN_BOTH = Virtio.VIRTIO_VSOCK_SHUTDOWN_RCV | Virtio.VIRTIO_VSOCK_SHUTDOWN_SEND;

    private final long guestCid;
    private final VsockPorts ports;
    private final ByteBuffer config =
            ByteBuffer.allocate(VirtioVsockConfig.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final Virtqueue[] queues = new Virtqueue[QUEUES];
    private final DescriptorChain chain = new DescriptorChain();
    private final VsockPacket incoming = new VsockPacket();
    private final VsockPacket outgoing = new VsockPacket();
    private final Long2ObjectHashMap<VsockConnection> connections = new Long2ObjectHashMap<>();
    private final BufferBudget budget = new BufferBudget();
    private final ArrayDeque<VsockConnection> due = new ArrayDeque<>();
    private final ArrayDeque<Refusal> refusals = new ArrayDeque<>();

    /** A reset for a packet of no connection. */
    private record Refusal(int guestPort, int hostPort, int type) {}

    /**
     * @param guestCid the machine's context identifier, above 2
     * @param ports    who answers
     */
    public VsockDevice(final long guestCid, final VsockPorts ports) {
        this.guestCid = guestCid;
        this.ports = ports;
        config.putLong(VirtioVsockConfig.GUEST_CID, guestCid);
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int queueCount() {
        return QUEUES;
    }

    @Override
    public ByteBuffer config() {
        return config;
    }

    @Override
    public void queueStarted(final int index, final Virtqueue queue) {
        queues[index] = queue;
    }

    @Override
    public void queueStopped(final int index) {
        queues[index] = null;
    }

    @Override
    public void reset() {
        refusals.clear();
        for (final VsockConnection connection : List.copyOf(connections.values())) {
            drop(connection, false);
        }
        due.clear();
    }

    /** @return connections that are open, or on their way to their end */
    public int connectionCount() {
        return connections.size();
    }

    /**
     * Takes what the machine sent and sends what is due, up to a limit.
     *
     * @return true if there may be more to do at once
     * @throws VmFault if the machine's driver does what no driver may do
     */
    public boolean serve() throws VmFault {
        boolean more = false;
        if (queues[TRANSMIT] != null) {
            more = takeTransmitted(queues[TRANSMIT]);
        }
        if (queues[RECEIVE] != null) {
            final boolean wasFull = refusals.size() >= MAX_ANSWERS;
            more |= sendDue(queues[RECEIVE]);
            more |= wasFull && refusals.size() < MAX_ANSWERS;
        }
        return more;
    }

    // ---- from the machine

    private boolean takeTransmitted(final Virtqueue queue) throws VmFault {
        queue.suppressKicks();
        for (int i = 0; i < PACKETS_PER_PASS; i++) {
            if (refusals.size() >= MAX_ANSWERS) {
                return false;
            }
            if (!queue.pop(chain)) {
                return queue.allowKicks();
            }
            incoming.read(chain);
            onPacket();
            queue.push(chain, 0);
        }
        return true;
    }

    private void onPacket() {
        if (incoming.sourceCid() != guestCid || incoming.targetCid() != HOST_CID) {
            return;
        }
        final int operation = incoming.operation();
        final VsockConnection connection = connections.get(key(incoming.sourcePort(), incoming.targetPort()));
        if (incoming.type() != Virtio.VIRTIO_VSOCK_TYPE_STREAM || connection == null) {
            onStray(operation);
            return;
        }
        connection.credit(incoming.room(), incoming.forwarded());
        switch (operation) {
            case Virtio.VIRTIO_VSOCK_OP_RW -> onData(connection);
            case Virtio.VIRTIO_VSOCK_OP_SHUTDOWN -> onShutdown(connection);
            case Virtio.VIRTIO_VSOCK_OP_RST -> drop(connection, false);
            case Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE -> {}
            case Virtio.VIRTIO_VSOCK_OP_CREDIT_REQUEST -> {
                connection.askedForCredit();
                due(connection);
            }
            default -> drop(connection, true);
        }
    }

    private static long key(final int guestPort, final int hostPort) {
        return (long) guestPort << 32 | Integer.toUnsignedLong(hostPort);
    }

    /** A packet of no connection: a request for one, or to be refused. */
    private void onStray(final int operation) {
        if (operation == Virtio.VIRTIO_VSOCK_OP_RST) {
            return;
        }
        final boolean wanted = operation == Virtio.VIRTIO_VSOCK_OP_REQUEST
                && incoming.type() == Virtio.VIRTIO_VSOCK_TYPE_STREAM
                && connections.size() < MAX_CONNECTIONS;
        if (!wanted || !open(incoming.sourcePort(), incoming.targetPort())) {
            refusals.add(new Refusal(incoming.sourcePort(), incoming.targetPort(), incoming.type()));
        }
    }

    private boolean open(final int guestPort, final int hostPort) {
        final VsockConnection connection = new VsockConnection(this, guestPort, hostPort);
        connection.credit(incoming.room(), incoming.forwarded());
        final Optional<VsockHandler> handler = ports.connect(hostPort, connection);
        if (handler.isEmpty()) {
            connection.markGone();
            return false;
        }
        connection.accept(handler.get());
        connections.put(key(guestPort, hostPort), connection);
        due(connection);
        return true;
    }

    private void onData(final VsockConnection connection) {
        final int length = incoming.length();
        if (connection.isClosing()) {
            connection.discarded(length);
            due(connection);
        } else if (connection.isEnded()
                || length > connection.incoming().room()
                || !connection.incoming().append(chain, VirtioVsockHdr.BYTES, length)) {
            drop(connection, true);
        } else if (length > 0) {
            connection.handler().onReadable();
        }
    }

    private void onShutdown(final VsockConnection connection) {
        final int flags = incoming.flags();
        if ((flags & Virtio.VIRTIO_VSOCK_SHUTDOWN_SEND) != 0 && !connection.isEnded()) {
            connection.markEnded();
            connection.handler().onEnd();
        }
        if (connection.isGone()) {
            return;
        }
        if ((flags & SHUTDOWN_BOTH) == SHUTDOWN_BOTH) {
            connection.outgoing().clear();
            connection.resetWhenRead();
            due(connection);
        }
    }

    /** Forgets a connection. */
    void drop(final VsockConnection connection, final boolean tell) {
        if (connection.isGone()) {
            return;
        }
        connection.markGone();
        connections.remove(key(connection.guestPort(), connection.hostPort()));
        if (tell) {
            refusals.add(new Refusal(connection.guestPort(), connection.hostPort(), Virtio.VIRTIO_VSOCK_TYPE_STREAM));
        }
        connection.handler().onGone();
        connection.free();
    }

    BufferBudget budget() {
        return budget;
    }

    // ---- to the machine

    /** Something of this connection may be there to be sent. */
    void due(final VsockConnection connection) {
        if (!connection.isGone() && connection.hasSomethingDue() && connection.enqueue()) {
            due.add(connection);
        }
    }

    private boolean sendDue(final Virtqueue queue) throws VmFault {
        queue.suppressKicks();
        for (int i = 0; i < PACKETS_PER_PASS; i++) {
            skipIdle();
            if (refusals.isEmpty() && due.isEmpty()) {
                return false;
            }
            if (!queue.pop(chain)) {
                return queue.allowKicks();
            }
            if (chain.writableBytes() < VirtioVsockHdr.BYTES) {
                throw new VmFault(Reason.PACKET, "a receive buffer is shorter than a vsock header");
            }
            queue.push(chain, refusals.isEmpty() ? sendFor(due.remove()) : sendRefusal(refusals.remove()));
        }
        return true;
    }

    private void skipIdle() {
        while (!due.isEmpty() && (due.peek().isGone() || !due.peek().hasSomethingDue())) {
            due.remove().dequeued();
        }
    }

    private int sendRefusal(final Refusal refusal) {
        outgoing.cids(HOST_CID, guestCid);
        outgoing.ports(refusal.hostPort(), refusal.guestPort());
        outgoing.operation(refusal.type(), Virtio.VIRTIO_VSOCK_OP_RST, 0, 0);
        outgoing.credit(0, 0);
        outgoing.write(chain);
        return VirtioVsockHdr.BYTES;
    }

    /** Sends one packet of a connection that has something due. @return its bytes */
    private int sendFor(final VsockConnection connection) {
        connection.dequeued();
        int length = 0;
        int operation = Virtio.VIRTIO_VSOCK_OP_CREDIT_UPDATE;
        if (connection.hasResponseDue()) {
            operation = Virtio.VIRTIO_VSOCK_OP_RESPONSE;
            connection.responseSent();
        } else if (connection.hasResetDue()) {
            operation = Virtio.VIRTIO_VSOCK_OP_RST;
        } else if (connection.sendable() > 0 && chain.writableBytes() > VirtioVsockHdr.BYTES) {
            operation = Virtio.VIRTIO_VSOCK_OP_RW;
            length = Math.min(connection.sendable(), chain.writableBytes() - VirtioVsockHdr.BYTES);
        } else if (connection.hasShutdownDue()) {
            operation = Virtio.VIRTIO_VSOCK_OP_SHUTDOWN;
            connection.shutdownSent();
        }
        final int flags = operation == Virtio.VIRTIO_VSOCK_OP_SHUTDOWN ? SHUTDOWN_BOTH : 0;
        outgoing.cids(HOST_CID, guestCid);
        outgoing.ports(connection.hostPort(), connection.guestPort());
        outgoing.operation(Virtio.VIRTIO_VSOCK_TYPE_STREAM, operation, flags, length);
        outgoing.credit(VsockConnection.BUFFER_BYTES, connection.tellForwarded());
        outgoing.write(chain);
        connection.outgoing().moveTo(chain, VirtioVsockHdr.BYTES, length);
        connection.sent(length);
        if (operation == Virtio.VIRTIO_VSOCK_OP_RST) {
            drop(connection, false);
        } else {
            due(connection);
        }
        return VirtioVsockHdr.BYTES + length;
    }
}
