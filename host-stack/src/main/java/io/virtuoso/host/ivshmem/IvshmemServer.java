package io.virtuoso.host.ivshmem;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import io.virtuoso.protocol.Errno;

/**
 * Tells a device what it is, on a connection that never waits: version, the machine's number, the memory, and the counters
 * of both peers. All messages are a little-endian number of 8 bytes, with or without a descriptor; the device says
 * nothing. One thread.
 *
 * <p>Each connection has memory of its own and two peers: no machine ever sees another one's.
 */
public final class IvshmemServer {
    static final long VERSION = 0;
    /** In the place of a number: the memory comes with it. */
    static final long MEMORY = -1;
    /** The host stack's number: what the machine writes into its doorbell register, above the vector. */
    static final long HOST = 0;

    static final long MACHINE = 1;
    private static final int FIRST_VECTOR = 3;
    private static final int MESSAGES = FIRST_VECTOR + 2 * DoorbellDevice.VECTORS;
    private static final int NONE = -1;

    private final int socket;
    private final DoorbellDevice device;
    private final FdPassing messages = new FdPassing(Long.BYTES);
    private int next;

    /** @param socket the caller's, who closes it */
    public IvshmemServer(final int socket, final DoorbellDevice device) {
        this.socket = socket;
        this.device = device;
    }

    /**
     * Says what there is room for.
     *
     * @return false if the device is gone
     */
    public boolean send() {
        while (!isComplete()) {
            messages.message().putLong(0, number(next));
            final int sent = messages.sendPart(socket, Long.BYTES, descriptor(next));
            if (sent == -Errno.EAGAIN || sent == -Errno.EINTR) {
                return true;
            }
            if (sent != Long.BYTES) {
                return false;
            }
            next++;
        }
        return true;
    }

    /** @return true if all was said */
    public boolean isComplete() {
        return next == MESSAGES;
    }

    private static long number(final int message) {
        return switch (message) {
            case 0 -> VERSION;
            case 1 -> MACHINE;
            case 2 -> MEMORY;
            default -> message - FIRST_VECTOR < DoorbellDevice.VECTORS ? HOST : MACHINE;
        };
    }

    private int descriptor(final int message) {
        if (message < FIRST_VECTOR) {
            return number(message) == MEMORY ? device.memoryFd() : NONE;
        }
        final int vector = (message - FIRST_VECTOR) % DoorbellDevice.VECTORS;
        return number(message) == HOST ? device.hostVector(vector) : device.machineVector(vector);
    }

    /**
     * Looks whether the device is still there.
     *
     * @return false if it is gone
     * @throws VmFault if it said something: the connection must end
     */
    public boolean receive() throws VmFault {
        final int received = messages.receive(socket);
        messages.closeFds();
        if (received > 0 || received == -Errno.EMSGSIZE) {
            throw new VmFault(Reason.IVSHMEM);
        }
        return received == -Errno.EAGAIN || received == -Errno.EINTR;
    }
}
