package io.virtuoso.host.vhost;

import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import io.virtuoso.protocol.Errno;

/** Messages of a front end, from a connection that never waits. One thread. */
public final class VhostSocket {
    private static final int MESSAGES_PER_WAKE = 64;

    private final int socket;
    private final VhostBackend backend;
    private final VhostMessage message = new VhostMessage();
    private final VhostMessage reply = new VhostMessage();
    private int received;

    /** @param socket the caller's, who closes it */
    public VhostSocket(final int socket, final VhostBackend backend) {
        this.socket = socket;
        this.backend = backend;
    }

    /**
     * Does what the messages say that are there.
     *
     * @return false if the front end has closed the connection
     * @throws VmFault if one makes no sense: the connection must end
     */
    public boolean serve() throws VmFault {
        for (int i = 0; i < MESSAGES_PER_WAKE; ) {
            final int wanted = wanted() - received;
            if (wanted == 0) {
                onMessage();
                i++;
                continue;
            }
            final int result = message.fds().receivePart(socket, received, wanted);
            if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
                return true;
            }
            if (result == -Errno.EMSGSIZE) {
                throw new VmFault(Reason.MESSAGE, "a message has too many descriptors");
            }
            if (result <= 0) {
                return false;
            }
            received += result;
        }
        return true;
    }

    /** @return length of the message, as far as it is known */
    private int wanted() throws VmFault {
        if (received < VhostUser.PAYLOAD) {
            return VhostUser.PAYLOAD;
        }
        final int size = message.size();
        if (size < 0 || size > VhostUser.MAX_PAYLOAD) {
            throw new VmFault(Reason.MESSAGE, "a message of " + Integer.toUnsignedString(size) + " bytes");
        }
        if ((message.flags() & VhostUser.VERSION_MASK) != VhostUser.VERSION
                || (message.flags() & VhostUser.REPLY) != 0) {
            throw new VmFault(Reason.MESSAGE, "a message with flags 0x" + Integer.toHexString(message.flags()));
        }
        return VhostUser.PAYLOAD + size;
    }

    private void onMessage() throws VmFault {
        received = 0;
        backend.handle(message, reply);
        message.fds().closeFds();
        if (reply.isAnswer()) {
            final int length = VhostUser.PAYLOAD + reply.size();
            if (reply.fds().sendPart(socket, length, -1) != length) {
                throw new VmFault(Reason.MESSAGE, "the front end does not read its answers");
            }
        }
    }

    /** Closes the descriptors of a message that did not come whole or could not be served. */
    public void close() {
        message.fds().closeFds();
    }
}
