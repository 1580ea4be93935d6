package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.MessageType;
import java.nio.ByteBuffer;

/** A way to the host stack. Any thread. */
abstract class Transport {
    private static final int WHO_TIMEOUT_MS = 2_000;

    private final Os os;

    Transport(Os os) {
        this.os = os;
    }

    final Os os() {
        return os;
    }

    /** A new connection, for one attachment; null: nobody is there. */
    abstract Line connect();

    /**
     * Receives one message and its descriptors.
     *
     * @return its bytes, 0 if the host stack has closed, or -errno
     */
    abstract int receive(int fd, ByteBuffer message, int[] fds, int timeoutMillis);

    /** What a descriptor that stands for a socket of the guest says about it, with its prefix; null: it stands for none. */
    abstract String nameOf(int fd);

    /** Asks through a descriptor that stands for a socket which one it is. @return TOKEN, or null */
    final AttachMessage who(int fd) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(AttachMessage.BYTES);
        AttachMessage message = new AttachMessage().wrap(bytes).begin(MessageType.WHO);
        int got = os.sendMessage(fd, bytes, -1);
        if (got == 0) {
            got = receive(fd, bytes, new int[0], WHO_TIMEOUT_MS);
        }
        return got > 0 && message.check(got) == null && message.type() == MessageType.TOKEN ? message : null;
    }
}
