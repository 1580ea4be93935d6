package io.virtuoso.host.port;

import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.Linux.Tpacket2Hdr;
import io.virtuoso.host.ffm.PacketSocket;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.protocol.Errno;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The frames that the kernel has put into a packet socket's ring, oldest first. A frame belongs to whom its status word
 * says; the kernel writes it last, and so do we.
 */
final class PacketRing {
    private static final VarHandle STATUS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final ByteBuffer ring;
    private final int frames;
    private int next;

    /**
     * @param ring blocks of frames as {@link PacketSocket} lays them out, in the machine's byte order
     * @param frames in all blocks
     */
    PacketRing(final ByteBuffer ring, final int frames) {
        this.ring = ring;
        this.frames = frames;
    }

    /**
     * Copies the next frame and gives its place back.
     *
     * @return {@link Port#RECEIVED}, {@link Port#NONE}, or -EMSGSIZE for a frame that was cut or is none
     */
    int receive(final Frame frame) {
        final int at = next / PacketSocket.BLOCK_FRAMES * PacketSocket.BLOCK_BYTES
                + next % PacketSocket.BLOCK_FRAMES * PacketSocket.FRAME_BYTES;
        final int status = (int) STATUS.getAcquire(ring, at + Tpacket2Hdr.TP_STATUS);
        if ((status & Linux.TP_STATUS_USER) == 0) {
            return Port.NONE;
        }
        final int result = copy(frame, at);
        STATUS.setRelease(ring, at + Tpacket2Hdr.TP_STATUS, Linux.TP_STATUS_KERNEL);
        next = next + 1 == frames ? 0 : next + 1;
        return result;
    }

    private int copy(final Frame frame, final int at) {
        final int length = ring.getInt(at + Tpacket2Hdr.TP_LEN);
        final int captured = ring.getInt(at + Tpacket2Hdr.TP_SNAPLEN);
        final int data = ring.getShort(at + Tpacket2Hdr.TP_MAC) & 0xffff;
        if (captured != length || length < EthernetHeader.BYTES || length > Frame.MAX_LENGTH) {
            return -Errno.EMSGSIZE;
        }
        final int header = at + data - PacketSocket.HEADER_BYTES;
        frame.buffer().put(frame.virtioAt(), ring, header, PacketSocket.HEADER_BYTES);
        frame.buffer().put(frame.ethernetAt(), ring, at + data, length);
        frame.length(length);
        return Port.RECEIVED;
    }
}
