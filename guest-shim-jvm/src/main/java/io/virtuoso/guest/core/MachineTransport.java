package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * In a virtual machine: vsock connections, and a region in the memory behind the machine's ivshmem device. What a
 * descriptor is elsewhere is a connection of its own, which begins with the message that would carry it (docs/abi.md).
 */
final class MachineTransport extends Transport {
    private static final String PREFIX = "virtuoso/";
    private static final long PAGE = 4096;

    private final MachineDevice device;

    MachineTransport(Os os, MachineDevice device) {
        super(os);
        this.device = device;
    }

    @Override
    Line connect() {
        int control = os().connectVsock(AttachMessage.VSOCK_PORT);
        return control < 0 ? null : new MachineLine(this, control);
    }

    @Override
    int receive(int fd, ByteBuffer message, int[] fds, int timeoutMillis) {
        Arrays.fill(fds, Line.NONE);
        return os().receiveAll(fd, message, timeoutMillis);
    }

    /** There are no names on vsock: the host stack knows. */
    @Override
    String nameOf(int fd) {
        AttachMessage token = os().hostPort(fd) == AttachMessage.VSOCK_PORT ? who(fd) : null;
        return token == null ? null : PREFIX + token.text();
    }

    /** An attachment over it. */
    static final class MachineLine extends Line {
        private final MachineTransport transport;
        private int key;
        private int hostDoorbell = NONE;

        MachineLine(MachineTransport transport, int control) {
            super(transport, control);
            this.transport = transport;
        }

        @Override
        long memory() {
            return transport.device.address();
        }

        @Override
        ByteBuffer enter(AttachMessage welcome, int[] fds) throws IOException {
            key = welcome.key();
            long offset = (welcome.value() & 0xffff_ffffL) * PAGE;
            long bytes = (welcome.value() >>> Integer.SIZE) * PAGE;
            hostDoorbell = begin(MessageType.DOORBELL, 0, null);
            descriptors().add(hostDoorbell);
            return hostDoorbell < 0 ? null : os().mapDevice(transport.device.memory(), offset, bytes);
        }

        @Override
        AttachMessage askForContext(int index, int[] fds) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(AttachMessage.BYTES);
            fds[0] = begin(MessageType.OPEN_CONTEXT, index, bytes);
            return fds[0] < 0 ? null : new AttachMessage().wrap(bytes);
        }

        /** Opens a connection that begins with a message, and waits for the answer unless there is none: null. */
        private int begin(int type, long value, ByteBuffer answer) {
            ByteBuffer bytes = answer != null ? answer : ByteBuffer.allocateDirect(AttachMessage.BYTES);
            new AttachMessage().wrap(bytes).begin(type).key(key).value(value);
            int fd = os().connectVsock(AttachMessage.VSOCK_PORT);
            if (fd < 0) {
                return NONE;
            }
            boolean good = answer != null ? exchange(fd, bytes, new int[0]) : os().sendMessage(fd, bytes, NONE) == 0;
            if (!good) {
                os().close(fd);
                return NONE;
            }
            return fd;
        }

        @Override
        void ringHost() {
            os().sendByte(hostDoorbell);
        }

        @Override
        boolean isWakingDear() {
            return true;
        }
    }
}
