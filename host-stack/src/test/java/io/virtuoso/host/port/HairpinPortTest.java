package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import org.junit.jupiter.api.Test;

class HairpinPortTest {
    private final WirePort near = WirePort.create(new WirePort.Traits(1500, 0, 64, true), () -> 0);
    private final HairpinPort port = new HairpinPort(near);
    private final Frame frame = new Frame();

    private void write(final Frame to, final long destination, final int number) {
        VirtioNetHeader.writeNone(to.buffer(), Frame.VIRTIO_AT);
        EthernetHeader.write(to.buffer(), Frame.ETHERNET_AT, destination, near.mac(), EthernetHeader.TYPE_IPV4);
        to.buffer().putInt(Frame.NETWORK_AT, number);
        to.length(60);
    }

    private boolean send(final long destination, final int number) {
        write(frame, destination, number);
        return port.transmit(frame);
    }

    private int receive() {
        assertEquals(Port.RECEIVED, port.receive(frame));
        return frame.buffer().getInt(Frame.NETWORK_AT);
    }

    @Test
    void shouldBringBackInOrderWhatIsForItself() {
        assertTrue(send(near.mac(), 1));
        assertTrue(send(near.mac(), 2));
        assertTrue(port.hasFrames());
        assertEquals(Port.NONE, near.peer().receive(frame));
        assertEquals(1, receive());
        assertTrue(port.isOwn());
        assertEquals(60, frame.length());
        assertEquals(2, receive());
        assertFalse(port.hasFrames());
        assertEquals(Port.NONE, port.receive(frame));
        assertFalse(port.isOwn());
    }

    @Test
    void shouldSendWhatIsForOthers() {
        assertTrue(send(near.peer().mac(), 3));
        assertFalse(port.hasFrames());
        assertEquals(Port.RECEIVED, near.peer().receive(frame));
        assertEquals(3, frame.buffer().getInt(Frame.NETWORK_AT));
    }

    @Test
    void shouldTakeNothingThatCameForItsOwn() {
        write(frame, near.mac(), 4);
        near.peer().transmit(frame);
        send(near.mac(), 5);
        assertEquals(5, receive());
        assertEquals(4, receive());
        assertFalse(port.isOwn());
    }

    @Test
    void shouldKeepNoMoreThanItHasRoomFor() {
        for (int i = 0; i < HairpinPort.MAX; i++) {
            assertTrue(send(near.mac(), i));
        }
        assertFalse(send(near.mac(), 99));
        for (int i = 0; i < HairpinPort.MAX; i++) {
            assertEquals(i, receive());
        }
        assertTrue(send(near.mac(), 100));
        assertEquals(100, receive());
    }

    @Test
    void shouldPutTogetherWhatLiesElsewhere() {
        final Frame payload = new Frame();
        for (int i = 0; i < 200; i++) {
            payload.buffer().put(Frame.NETWORK_AT + i, (byte) i);
        }
        write(frame, near.mac(), 6);
        frame.append(payload.address() + Frame.NETWORK_AT, 100);
        frame.append(payload.address() + Frame.NETWORK_AT + 150, 50);
        assertTrue(port.transmit(frame));
        assertEquals(6, receive());
        assertEquals(210, frame.length());
        for (int i = 0; i < 150; i++) {
            final byte expected = (byte) (i < 100 ? i : i + 50);
            assertEquals(expected, frame.buffer().get(Frame.ETHERNET_AT + 60 + i));
        }
    }
}
