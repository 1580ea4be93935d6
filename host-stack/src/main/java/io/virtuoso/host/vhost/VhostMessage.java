package io.virtuoso.host.vhost;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One message, with its descriptors; reusable. */
final class VhostMessage {
    private final FdPassing fds;
    private final ByteBuffer bytes;
    private final ByteBuffer payload;
    private boolean answer;

    VhostMessage() {
        fds = new FdPassing(VhostUser.PAYLOAD + VhostUser.MAX_PAYLOAD);
        bytes = fds.message();
        payload = bytes.slice(VhostUser.PAYLOAD, VhostUser.MAX_PAYLOAD).order(ByteOrder.LITTLE_ENDIAN);
    }

    FdPassing fds() {
        return fds;
    }

    int request() {
        return bytes.getInt(VhostUser.REQUEST);
    }

    int flags() {
        return bytes.getInt(VhostUser.FLAGS);
    }

    boolean wantsReply() {
        return (flags() & VhostUser.NEED_REPLY) != 0;
    }

    /** @return bytes of the payload, as the header says */
    int size() {
        return bytes.getInt(VhostUser.SIZE);
    }

    /** @return the payload, of {@link #size} bytes, whatever its limit says */
    ByteBuffer payload() {
        return payload;
    }

    /** @throws VmFault if the payload has less than so many bytes */
    ByteBuffer payload(final int least) throws VmFault {
        if (size() < least) {
            throw new VmFault(Reason.MESSAGE, "vhost-user request " + request() + " is too short");
        }
        return payload;
    }

    /** @return a payload that is one number */
    long number() throws VmFault {
        return payload(Long.BYTES).getLong(0);
    }

    // ---- as an answer

    void clear() {
        answer = false;
    }

    boolean isAnswer() {
        return answer;
    }

    ByteBuffer begin(final int request, final int size) {
        answer = true;
        bytes.putInt(VhostUser.REQUEST, request);
        bytes.putInt(VhostUser.FLAGS, VhostUser.VERSION | VhostUser.REPLY);
        bytes.putInt(VhostUser.SIZE, size);
        return payload;
    }

    void number(final int request, final long value) {
        begin(request, Long.BYTES).putLong(0, value);
    }
}
