package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.Linux.Tpacket2Hdr;
import io.virtuoso.host.ffm.PacketSocket;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketRingTest {
    private static final int BLOCKS = 2;
    private static final int FRAMES = BLOCKS * PacketSocket.BLOCK_FRAMES;
    private static final int DATA_AT = 80;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(BLOCKS * PacketSocket.BLOCK_BYTES + 8)
            .alignedSlice(8)
            .order(ByteOrder.nativeOrder());
    private final PacketRing ring = new PacketRing(memory, FRAMES);
    private final Frame frame = new Frame();
    private int filled;

    /** What the kernel does. */
    private int deliver(final int length, final int captured) {
        final int place = filled++ % FRAMES;
        final int at = place / PacketSocket.BLOCK_FRAMES * PacketSocket.BLOCK_BYTES
                + place % PacketSocket.BLOCK_FRAMES * PacketSocket.FRAME_BYTES;
        memory.put(at + DATA_AT - PacketSocket.HEADER_BYTES, (byte) VirtioNetHeader.NEEDS_CHECKSUM);
        memory.put(at + DATA_AT + 13, (byte) filled);
        memory.putInt(at + Tpacket2Hdr.TP_LEN, length).putInt(at + Tpacket2Hdr.TP_SNAPLEN, captured);
        memory.putShort(at + Tpacket2Hdr.TP_MAC, (short) DATA_AT);
        memory.putInt(at + Tpacket2Hdr.TP_STATUS, Linux.TP_STATUS_USER);
        return at;
    }

    @Test
    void shouldTakeFramesInTheirOrderRoundTheRing() {
        for (int i = 1; i <= 3 * FRAMES; i++) {
            assertEquals(Port.NONE, ring.receive(frame));
            final int at = deliver(60 + i, 60 + i);
            assertEquals(Port.RECEIVED, ring.receive(frame));
            assertEquals(60 + i, frame.length());
            assertEquals((byte) i, frame.buffer().get(Frame.ETHERNET_AT + 13));
            assertEquals(VirtioNetHeader.NEEDS_CHECKSUM, VirtioNetHeader.flags(frame.buffer(), Frame.VIRTIO_AT));
            assertEquals(Linux.TP_STATUS_KERNEL, memory.getInt(at + Tpacket2Hdr.TP_STATUS));
        }
    }

    @ParameterizedTest
    @CsvSource({"65550,65549", "65550,60", "13,13", "0,0", "-1,-1", "65551,65551"})
    void shouldPassOverFramesThatWereCutOrAreNone(final int length, final int captured) {
        deliver(length, captured);
        deliver(60, 60);
        assertEquals(-Errno.EMSGSIZE, ring.receive(frame));
        assertEquals(Port.RECEIVED, ring.receive(frame));
        assertEquals(60, frame.length());
        assertEquals(Port.NONE, ring.receive(frame));
    }

    @Test
    void shouldTakeTheLongestFrame() {
        deliver(Frame.MAX_LENGTH, Frame.MAX_LENGTH);
        assertEquals(Port.RECEIVED, ring.receive(frame));
        assertEquals(Frame.MAX_LENGTH, frame.length());
    }
}
