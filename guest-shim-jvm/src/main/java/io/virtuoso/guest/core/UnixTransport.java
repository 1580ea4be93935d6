package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** The guest's Unix socket, whose messages carry descriptors. */
final class UnixTransport extends Transport {
    private final String path;

    UnixTransport(Os os, String path) {
        super(os);
        this.path = path;
    }

    @Override
    Line connect() {
        int control = os().connectSeqpacket(path);
        return control < 0 ? null : new UnixLine(this, control);
    }

    @Override
    int receive(int fd, ByteBuffer message, int[] fds, int timeoutMillis) {
        return os().receiveMessage(fd, message, fds, timeoutMillis);
    }

    @Override
    String nameOf(int fd) {
        return os().abstractPeer(fd);
    }

    /** An attachment over it. */
    static final class UnixLine extends Line {
        private int hostDoorbell = NONE;

        UnixLine(UnixTransport transport, int control) {
            super(transport, control);
        }

        @Override
        long memory() {
            return 0;
        }

        @Override
        ByteBuffer enter(AttachMessage welcome, int[] fds) throws IOException {
            if (fds[0] < 0 || fds[1] < 0) {
                return null;
            }
            hostDoorbell = fds[1];
            return os().map(fds[0], Files.size(Path.of("/proc/self/fd/" + fds[0])));
        }

        @Override
        AttachMessage askForContext(int index, int[] fds) {
            return converse(MessageType.OPEN_CONTEXT, index, 0, "", fds);
        }

        @Override
        void ringHost() {
            os().writeEight(hostDoorbell);
        }

        @Override
        boolean isWakingDear() {
            return false;
        }
    }
}
