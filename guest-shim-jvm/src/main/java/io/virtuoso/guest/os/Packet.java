package io.virtuoso.guest.os;

import java.nio.ByteBuffer;
import java.util.function.IntConsumer;

/**
 * A {@code struct msghdr} for one packet, with its only iovec and room for passed descriptors, as Linux lays them out
 * on 64-bit machines. It and the payload must stay reachable while its address is used.
 */
final class Packet {
    /** Descriptors that a received packet can bring; the kernel closes those beyond. */
    static final int MAX_DESCRIPTORS = 16;

    private static final int IOVEC_POINTER = 16;
    private static final int IOVEC_COUNT = 24;
    private static final int CONTROL_POINTER = 32;
    private static final int CONTROL_BYTES = 40;
    private static final int FLAGS = 48;
    private static final int IOVEC = 56;
    private static final int CONTROL = 72;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;

    private final ByteBuffer header;
    private final int controlBytes;

    /** For what remains in {@code payload} and up to {@code descriptors} descriptors. */
    Packet(ByteBuffer payload, int descriptors) {
        this.controlBytes = descriptors == 0 ? 0 : roundUp(CMSG_DATA + descriptors * Integer.BYTES);
        this.header = LinuxOs.direct(CONTROL + controlBytes);
        long address = BufferAddress.of(header);
        header.putLong(IOVEC_POINTER, address + IOVEC);
        header.putLong(IOVEC_COUNT, 1);
        header.putLong(IOVEC, BufferAddress.of(payload) + payload.position());
        header.putLong(IOVEC + Long.BYTES, payload.remaining());
        if (controlBytes > 0) {
            header.putLong(CONTROL_POINTER, address + CONTROL);
        }
        rewind();
    }

    private static int roundUp(int bytes) {
        return (bytes + Long.BYTES - 1) & -Long.BYTES;
    }

    /** Makes the packet ready to be received into again. */
    void rewind() {
        header.putLong(CONTROL_BYTES, controlBytes);
        header.putInt(FLAGS, 0);
    }

    long address() {
        return BufferAddress.of(header);
    }

    void putDescriptor(int fd) {
        header.putLong(CONTROL, CMSG_DATA + Integer.BYTES);
        header.putInt(CONTROL + CMSG_LEVEL, SOL_SOCKET);
        header.putInt(CONTROL + CMSG_TYPE, SCM_RIGHTS);
        header.putInt(CONTROL + CMSG_DATA, fd);
    }

    /** Puts the received descriptors into {@code fds} and hands the surplus to {@code close}. */
    void takeDescriptors(int[] fds, IntConsumer close) {
        int taken = 0;
        int end = CONTROL + (int) header.getLong(CONTROL_BYTES);
        for (int item = CONTROL; item + CMSG_DATA <= end; ) {
            int length = (int) header.getLong(item);
            boolean rights =
                    header.getInt(item + CMSG_LEVEL) == SOL_SOCKET && header.getInt(item + CMSG_TYPE) == SCM_RIGHTS;
            for (int at = item + CMSG_DATA; rights && at + Integer.BYTES <= item + length; at += Integer.BYTES) {
                int fd = header.getInt(at);
                if (taken < fds.length) {
                    fds[taken++] = fd;
                } else {
                    close.accept(fd);
                }
            }
            item += Math.max(CMSG_DATA, roundUp(length));
        }
    }
}
